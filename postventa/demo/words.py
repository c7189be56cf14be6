"""What the demo's customers write beside a score, in their language: all of it invented."""

WORDS: dict[int, dict[str, tuple[str, ...]]] = {
    5: {
        "es": ("Todo perfecto, llegó antes de lo que esperaba.", "Muy buen material, repetiré."),
        "ca": ("Tot perfecte, repetiré.", "Ha arribat de seguida i molt ben embalat."),
        "en": ("Just as described, and quick.", "Lovely quality, well packed."),
    },
    4: {
        "es": ("Muy bien; la caja venía algo golpeada.",),
        "ca": ("Molt bé, tot i que la talla és una mica justa.",),
        "en": ("Good, though the colour is a little darker than in the picture.",),
    },
    3: {
        "es": ("Correcto, sin más.",),
        "ca": ("Està bé, però esperava una altra cosa.",),
        "en": ("It does what it should, no more.",),
    },
    2: {
        "es": ("Tardó demasiado y nadie me avisó.",),
        "ca": ("Ha trigat massa i ningú no m'ha dit res.",),
        "en": ("It took far too long and nobody told me why.",),
    },
    1: {
        "es": ("La caja llegó rota y el frontal no enciende.",),
        "ca": ("La caixa va arribar trencada i el frontal no s'encén.",),
        "en": ("The box arrived damaged and the lamp does not light.",),
    },
}
SORRY: dict[str, tuple[str, ...]] = {
    "es": (
        "Tiene razón y lo sentimos. Hoy ha salido uno nuevo en lugar de «{product}», y puede quedarse el primero.",
        "Hemos mirado qué pasó con «{product}»: lo embalamos mal. Le devolvemos hoy los gastos de envío.",
        "Gracias por decírnoslo. «{product}» no llegó como debía; elija entre otro o su dinero y lo hacemos hoy.",
    ),
    "ca": (
        "Teniu raó i ens sap greu. Avui n'ha sortit un de nou en lloc de «{product}», i us podeu quedar el primer.",
        "Hem mirat què va passar amb «{product}»: el vam embalar malament. Avui us tornem les despeses d'enviament.",
        "Gràcies per dir-nos-ho. «{product}» no va arribar com calia; trieu entre un altre o els diners i ho fem avui.",
    ),
    "en": (
        "You are right, and we are sorry. A new one left today in the place of “{product}”; you may keep the first.",
        "We looked into what happened to “{product}”: our packing was poor. Your delivery charge is paid back today.",
        "Thank you for telling us. “{product}” did not reach you as it should; choose another one or your money.",
    ),
}
"""The desk's reasons when it answers a bad score: no two customers get the same words about the same thing."""

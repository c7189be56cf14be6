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
SORRY = {
    "es": "Tiene razón y lo sentimos: hoy ha salido uno nuevo, y puede quedarse el primero.",
    "ca": "Teniu raó i ens sap greu: avui n'ha sortit un de nou, i us podeu quedar el primer.",
    "en": "You are right, and we are sorry: a new one left today, and you may keep the first.",
}
"""The desk's reason when it answers a bad score."""

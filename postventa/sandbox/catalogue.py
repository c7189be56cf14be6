"""The forty things the sandbox's outdoor shop sells, in the three languages of its customers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Product:
    """`cents` is what the customer pays for one, tax included; `percent` is the Spanish tax on it."""

    ref: int
    sku: str
    cents: int
    percent: int
    es: str
    ca: str
    en: str
    sizes: tuple[str, ...] = ()
    is_digital: bool = False

    def name(self, language: str) -> str:
        return {"es": self.es, "ca": self.ca}.get(language, self.en)


SHOES = ("39", "40", "41", "42", "43")
CLOTHES = ("S", "M", "L", "XL")

_ROWS: tuple[tuple[str, int, int, str, str, str, tuple[str, ...]], ...] = (
    ("BOT-CIM", 15990, 21, "Botas Cim Alt", "Botes Cim Alt", "Cim Alt boots", SHOES),
    ("ZAP-SEN", 9495, 21, "Zapatillas Sender", "Sabatilles Sender", "Sender trail shoes", SHOES),
    ("SAN-RIU", 5990, 21, "Sandalias Riu", "Sandàlies Riu", "Riu sandals", SHOES),
    (
        "CAL-MER",
        1675,
        21,
        "Calcetines merino (2 pares)",
        "Mitjons de merino (2 parells)",
        "Merino socks (2)",
        (),
    ),
    ("PAN-TRK", 6990, 21, "Pantalón de trekking", "Pantalons de trekking", "Trekking trousers", CLOTHES),
    ("CAM-TEC", 2995, 21, "Camiseta técnica", "Samarreta tècnica", "Technical tee", CLOTHES),
    ("FOR-POL", 4950, 21, "Forro polar Núria", "Folre polar Núria", "Núria fleece", CLOTHES),
    (
        "CHU-GTX",
        18900,
        21,
        "Chubasquero Tramuntana",
        "Impermeable Tramuntana",
        "Tramuntana rain jacket",
        CLOTHES,
    ),
    ("PLU-LIG", 12900, 21, "Plumífero ligero", "Plomes lleuger", "Light down jacket", CLOTHES),
    ("GUA-INV", 2495, 21, "Guantes de invierno", "Guants d'hivern", "Winter gloves", CLOTHES),
    ("GOR-LAN", 1895, 21, "Gorro de lana", "Gorra de llana", "Wool hat", ()),
    ("BRA-TUB", 1150, 21, "Braga de cuello", "Buff", "Neck warmer", ()),
    ("MOC-028", 8990, 21, "Mochila 28 l", "Motxilla 28 l", "Rucksack 28 l", ()),
    ("MOC-055", 15900, 21, "Mochila 55 l", "Motxilla 55 l", "Rucksack 55 l", ()),
    ("TIE-2P", 22900, 21, "Tienda 2 plazas Estany", "Tenda 2 places Estany", "Estany 2-person tent", ()),
    ("SAC-P5", 13950, 21, "Saco de plumas -5 °C", "Sac de plomes -5 °C", "Down sleeping bag -5 °C", ()),
    ("EST-AI", 4761, 21, "Esterilla autoinflable", "Estoreta autoinflable", "Self-inflating mat", ()),
    ("BAS-CAR", 6499, 21, "Bastones de carbono", "Bastons de carboni", "Carbon poles", ()),
    ("FRO-400", 3400, 21, "Linterna frontal 400 lm", "Frontal 400 lm", "Head torch 400 lm", ()),
    ("CAN-1L", 1999, 21, "Cantimplora de acero 1 l", "Cantimplora d'acer 1 l", "Steel bottle 1 l", ()),
    ("HOR-GAS", 4290, 21, "Hornillo de gas", "Fogonet de gas", "Gas stove", ()),
    ("OLL-TIT", 5450, 21, "Olla de titanio", "Olla de titani", "Titanium pot", ()),
    ("CUC-TIT", 1290, 21, "Cuchara-tenedor de titanio", "Cullera-forquilla de titani", "Titanium spork", ()),
    ("NAV-MUL", 3890, 21, "Navaja multiusos", "Navalla multiusos", "Pocket knife", ()),
    ("BRU-PLA", 2150, 21, "Brújula de placa", "Brúixola de placa", "Plate compass", ()),
    ("CUE-60", 16900, 21, "Cuerda 9,8 mm, 60 m", "Corda 9,8 mm, 60 m", "Rope 9.8 mm, 60 m", ()),
    ("ARN-ESC", 6200, 21, "Arnés de escalada", "Arnès d'escalada", "Climbing harness", CLOTHES),
    ("CAS-ESC", 5890, 21, "Casco de escalada", "Casc d'escalada", "Climbing helmet", ()),
    ("MOS-HMS", 1245, 21, "Mosquetón HMS", "Mosquetó HMS", "HMS karabiner", ()),
    ("GAF-SOL", 7900, 21, "Gafas de sol cat. 4", "Ulleres de sol cat. 4", "Sunglasses cat. 4", ()),
    ("RAQ-NIE", 11990, 21, "Raquetas de nieve", "Raquetes de neu", "Snowshoes", ()),
    ("CRA-12P", 13490, 21, "Crampones 12 puntas", "Grampons 12 puntes", "12-point crampons", ()),
    ("CRE-50", 1395, 21, "Crema solar SPF 50", "Crema solar SPF 50", "Sun cream SPF 50", ()),
    ("BOT-KIT", 2130, 10, "Botiquín de montaña", "Farmaciola de muntanya", "Mountain first-aid kit", ()),
    ("BAR-6", 1080, 10, "Barritas de frutos secos (6)", "Barretes de fruita seca (6)", "Nut bars (6)", ()),
    ("CAF-LIO", 895, 10, "Café liofilizado", "Cafè liofilitzat", "Freeze-dried coffee", ()),
    (
        "MAP-PIR",
        1350,
        4,
        "Mapa 1:25.000 Pirineo central",
        "Mapa 1:25.000 Pirineu central",
        "Map, Pyrenees",
        (),
    ),
    ("LIB-GR11", 2290, 4, "Guía del GR 11", "Guia del GR 11", "GR 11 guidebook", ()),
    (
        "DIG-GPX",
        790,
        21,
        "Rutas GPX: Pirineo (descarga)",
        "Rutes GPX: Pirineu (descàrrega)",
        "GPX routes",
        (),
    ),
    (
        "DIG-CUR",
        2900,
        21,
        "Curso de orientación en línea",
        "Curs d'orientació en línia",
        "Map course online",
        (),
    ),
)

PRODUCTS = tuple(
    Product(10 + row, sku, cents, percent, es, ca, en, sizes, sku.startswith("DIG-"))
    for row, (sku, cents, percent, es, ca, en, sizes) in enumerate(_ROWS)
)
GOODS = tuple(product for product in PRODUCTS if not product.is_digital)
DOWNLOADS = tuple(product for product in PRODUCTS if product.is_digital)

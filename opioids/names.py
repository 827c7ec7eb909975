"""The words of a diary for drug, route and unit, as the table has them. What is not listed is not guessed."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

_HCL = ("hydrochloride", "hcl")
#: International nonproprietary name: its other and Italian spellings, its salts, and their Italian names.
_DRUGS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "codeine": (
        ("codeina",),
        ("phosphate", "sulfate", "sulphate", *_HCL),
        ("fosfato", "solfato", "cloridrato"),
    ),
    "fentanyl": (("fentanil", "fentanile"), (), ()),
    "hydrocodone": (("idrocodone",), ("bitartrate", "tartrate"), ("bitartrato", "tartrato")),
    "hydromorphone": (("idromorfone",), _HCL, ("cloridrato",)),
    "methadone": (("metadone",), _HCL, ("cloridrato",)),
    "morphine": (("morfina",), ("sulfate", "sulphate", *_HCL), ("solfato", "cloridrato")),
    "oxycodone": (("ossicodone",), _HCL, ("cloridrato",)),
    "oxymorphone": (("ossimorfone",), _HCL, ("cloridrato",)),
    "tapentadol": (("tapentadolo",), _HCL, ("cloridrato",)),
    "tramadol": (("tramadolo",), _HCL, ("cloridrato",)),
}
#: Analgesics that are no opioids, by the same three; those that are commonest beside opioids.
_OTHERS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "paracetamol": (("acetaminophen", "paracetamolo", "acetaminofene"), (), ()),
    "ibuprofen": (("ibuprofene",), (), ()),
    "diclofenac": ((), ("sodium", "potassium"), ("sodico", "potassico")),
    "naproxen": (("naproxene", "naprossene"), ("sodium",), ("sodico",)),
    "ketorolac": ((), ("tromethamine", "trometamol"), ("trometamina",)),
    "ketoprofen": (("ketoprofene",), (), ()),
    "metamizole": (("metamizolo", "dipyrone"), ("sodium",), ("sodico",)),
    "celecoxib": ((), (), ()),
    "acetylsalicylic acid": (("aspirin", "aspirina", "acido acetilsalicilico"), (), ()),
    "gabapentin": ((), (), ()),
    "pregabalin": ((), (), ()),
    "amitriptyline": (("amitriptilina",), _HCL, ("cloridrato",)),
    "duloxetine": (("duloxetina",), _HCL, ("cloridrato",)),
    "dexamethasone": (("desametasone",), (), ()),
    "lidocaine": (("lidocaina",), _HCL, ("cloridrato",)),
}
_ROUTES = {
    "oral": ("oral", "orally", "po", "p.o.", "os", "per os", "by mouth", "orale", "per bocca"),
    "patch": ("transdermal", "patch", "td", "transdermal patch", "transdermale", "cerotto"),
}
_SMALL = ("mcg", "µg", "ug")


def folded(text: str) -> str:
    """Without case, and with single blanks; the micro sign and the Greek letter become one."""
    return _folded(text) if len(text) <= 80 else _folded.__wrapped__(text)


@lru_cache(1000)  # a diary says the same few words a thousand times
def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _all(drugs: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, (italian, salts, in_italian) in drugs.items():
        spellings = (name, *italian)
        said = [*spellings, *(" ".join(pair) for pair in product(spellings, (*salts, *in_italian)))]
        found |= dict.fromkeys(said, name)
    return found


_DRUG_OF, _OTHER_OF = _all(_DRUGS), _all(_OTHERS)
_ROUTE_OF = {folded(word): route for route, words in _ROUTES.items() for word in words}
#: What a dose in the unit is divided by to give mg: exact, where a factor of 0.001 would not be.
_PER_MG = {"mg": 1, **{folded(unit): 1000 for unit in _SMALL}}
_PATCH_UNITS = {folded(unit + per) for unit in _SMALL for per in ("/h", "/hr")}


def drug_of(text: str) -> str | None:
    """The name of the table, of a drug written in English or Italian, alone or with a salt that is listed."""
    return _DRUG_OF.get(folded(text))


def other_of(text: str) -> str | None:
    """The name of an analgesic that is known not to be an opioid; None: it is one, or is not known."""
    return _OTHER_OF.get(folded(text))


def route_of(text: str) -> str | None:
    """`oral` or `patch`; the table has no other."""
    return _ROUTE_OF.get(folded(text))


def bare_unit(text: str) -> str:
    """The unit without case and blanks: `mcg / h` is `mcg/h`."""
    return folded(text).replace(" ", "")


def is_patch_rate(unit: str) -> bool:
    """Whether the unit is micrograms an hour."""
    return bare_unit(unit) in _PATCH_UNITS


def milligrams(dose: float, unit: str) -> float | None:
    """The dose [mg]; None for a unit that is no mass."""
    unit = bare_unit(unit)
    if unit == "g":
        return dose * 1000
    return dose / _PER_MG[unit] if unit in _PER_MG else None

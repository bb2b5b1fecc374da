"""Screens made by hand, each with a number, for tests of what the clerk does."""

from dataclasses import dataclass, field
from itertools import count

from kiosk.domain import screens as s
from kiosk.domain.ballots import Colour

SIZES = [(1280, 800), (800, 480)]
STRIP = s.Strip(
    table="BORD 3", place="Hovedbiblioteket", mode="Frit bordvalg", language="da", tables=(s.Other(1, True), s.Other(2, False))
)
CROWDED = s.Strip(
    table="BORD 12",
    place="Idrætshallen ved Sankt Knuds Gymnasium i Ærøskøbing",
    mode="Fast bordvalg",
    language="da",
    island=True,
    training="ØVELSE",
    tables=tuple(s.Other(table, table != 9) for table in (1, 2, 3, 4, 5, 6, 8, 9)),
    seen="7 af 8 borde svarer",
    secretary="Sekretær svarer ikke",
    secretary_seen=False,
    uncopied="12 ikke kopieret",
    warnings=("Ingen skanner: tjek kablet, eller tast nummeret", "Uret går forkert: sig det til teknikeren"),
)
CANCEL = s.Button("cancel", "Annullér")
APPROVE = s.Button("approve", "Godkend og udlevér stemmeseddel")
WHITE = s.Ballot(Colour.WHITE, "hvid", "byråd")
YELLOW = s.Ballot(Colour.YELLOW, "gul", "regionsråd")
HOWS = (s.Choice("spoken", "Mundtligt"), s.Choice("shown", "Legitimation"), s.Choice("known", "Personligt kendt", keyed=False))


@dataclass
class Screens:
    """Makes screens with growing numbers."""

    numbers: count = field(default_factory=lambda: count(1))

    def of(self, content, left=None, right=None, strip=STRIP):
        number = next(self.numbers)
        return s.Screen(number, number, strip, content, left, right)

    def voter(self, number="nr. 004 182", notice="", strip=STRIP):
        content = s.VoterShown(
            headline="Spørg om fødselsdato",
            name="Lise Holm",
            address="Østerbrogade 12, 2100 København Ø",
            number=number,
            born="14. marts 1968",
            how="Oplyst",
            hows=HOWS,
            hand_out="Udlevér",
            ballots=(WHITE, YELLOW),
            notice=notice,
        )
        return self.of(content, CANCEL, APPROVE, strip)

    def birth_date(self, number="nr. 004 182", notice="", strip=STRIP):
        content = s.BirthDate(
            headline="Spørg om fødselsdato",
            name="Lise Holm",
            address="Østerbrogade 12, 2100 København Ø",
            number=number,
            pattern="dd-mm-åååå",
            how="Oplyst",
            hows=HOWS,
            hand_out="Udlevér",
            ballots=(WHITE, YELLOW),
            notice=notice,
        )
        return self.of(content, CANCEL, APPROVE, strip)

    def green(self):
        content = s.Green("Udlevér hvid og gul", "Lise Holm", "nr. 004 182", (WHITE, YELLOW))
        return self.of(content, None, s.Button("next", "Næste vælger"))

    def ready(self, notice="", strip=STRIP):
        content = s.Ready("Skan valgkortet", "Betjent: 168", notice)
        return self.of(content, s.Button("menu", "Menu"), s.Button("type", "Tast vælgernummer"), strip)

    def typing(self, notice=""):
        content = s.Typing("Tast vælgernummer", "Nummeret på valgkortet", 6, notice)
        return self.of(content, CANCEL, s.Button("number", "Find vælger"))

    def pin(self, notice=""):
        content = s.Pin("Formanden lukker bordet", "Formandens PIN", 8, "PIN glemt?", notice)
        return self.of(content, CANCEL, s.Button("pin", "Bekræft"))

    def menu(self):
        items = (s.Button("language", "English"), s.Button("close_table", "Luk bordet"))
        return self.of(s.Sheet("Menu", "Menu", (s.Items(items),)), s.Button("cancel", "Tilbage"))

    def unresolved(self):
        content = s.Unresolved("Udleveret?", "Lise Holm", "nr. 004 182", "Godkendt kl. 09.14", "Svar Ja, hvis …", (WHITE,))
        return self.of(content, s.Button("no", "Nej, ikke udleveret"), s.Button("yes", "Ja, udleveret"))

"""A sample page of every kind of block, with the longest texts; its words are made up and stand nowhere else."""

from kiosk.domain import screens as s
from kiosk.domain.screens import Button, Keys, Line, Screen, Sheet, Tile, Tone
from kiosk.domain.texts import FIRST, Language
from kiosk.simulated.screens import samples


def pages(language: Language) -> dict[str, Screen]:
    """The pages by a name that can be a file's, under the strip of an exercise."""
    strip = samples(language)["ready"].strip
    return {
        name: Screen(number, number, strip, sheet, left, right)
        for number, (name, (sheet, left, right)) in enumerate(_sheets(language).items(), 500)
    }


def _sheets(language: Language) -> dict[str, tuple[Sheet, Button | None, Button | None]]:
    """With the left and the right button."""

    def say(danish: str, english: str) -> str:
        return danish if language == FIRST else english

    back = Button("cancel", say("Tilbage", "Back"))

    def tabs(tab: str) -> tuple[tuple[Button, ...], str]:
        named = {
            "tables": say("Borde", "Tables"),
            "voters": say("Vælger", "Voter"),
            "turnout": say("Fremmøde", "Turnout"),
            "balance": say("Regnskab", "Balance"),
            "incidents": say("Hændelser 12", "Incidents 12"),
            "day": say("Dagen", "The day"),
        }
        return tuple(Button(f"tab {word}", text) for word, text in named.items()), f"tab {tab}"

    def tile(n: int) -> Tile:
        told = {
            3: (say("bundt slut", "pile empty"), say("41 sidste 15 min", "41 last 15 min"), Tone.WAIT),
            4: (say("svarer ikke", "silent"), say("set kl. 09.14", "seen at 09.14"), Tone.BAD),
            9: (say("lukket", "closed"), say("1.057 i dag", "1,057 today"), Tone.OFF),
            11: (say("ingen skanner", "no scanner"), say("12 sidste 15 min", "12 last 15 min"), Tone.WAIT),
            17: (say("fast bordvalg", "own books"), say("128 ikke kopieret", "128 not copied"), Tone.WAIT),
        }
        usual = (say("åben", "open"), say(f"{20 + n} sidste 15 min", f"{20 + n} last 15 min"), Tone.GOOD)
        figure, text, tone = told.get(n, usual)
        return Tile(str(n), figure, text, tone, f"pick {n}")

    def incidents(count: int) -> s.Table:
        columns = (
            s.Column(say("Kl.", "At"), 2),
            s.Column(say("Hvad", "What"), 9),
            s.Column(say("Bord", "Table"), 2, right=True),
            s.Column(say("Alder", "Age"), 3, right=True),
        )
        told = (
            (say("Nr. 004 182 er registreret to steder", "No. 004 182 is marked at two places"), Tone.BAD),
            (say("Bordet svarer ikke", "The table does not answer"), Tone.WAIT),
            (
                say(
                    "Der mangler én stemmeseddel i optællingen af bundt 7 ved regionsrådsvalget",
                    "One ballot is missing in the count of pile 7 of the regional election",
                ),
                Tone.BAD,
            ),
            (say("Skanneren er taget ud", "The scanner is unplugged"), Tone.WAIT),
            (say("Forkert fødselsdato tre gange", "Wrong birth date three times"), Tone.OFF),
        )
        rows = tuple(
            s.TableRow((f"10.{59 - n:02d}", told[n % 5][0], str(4 + n % 21), f"{n + 1} min"), f"pick {n}", told[n % 5][1])
            for n in range(count)
        )
        return s.Table(columns, rows)

    ledger = s.Table(
        (
            s.Column(say("Opgørelse", "Count"), 6),
            s.Column(say("Byråd", "Council"), 2, right=True),
            s.Column(say("Region", "Region"), 2, right=True),
        ),
        tuple(
            s.TableRow((name, council, region), tone=tone)
            for name, council, region, tone in (
                (say("Modtaget ved bordet", "Received at the table"), "1.000", "1.000", Tone.OFF),
                (say("Afgivne ifølge valglisten", "Cast, by the list"), "871", "870", Tone.OFF),
                (say("Ombyttede", "Exchanged"), "4", "4", Tone.OFF),
                (say("Tilbageleverede", "Returned"), "2", "2", Tone.OFF),
                (say("Ikke udleverede", "Not handed out"), "122", "124", Tone.OFF),
                (say("Mangler: tæl bundt og rest igen", "Missing: count pile and rest again"), "1", "0", Tone.BAD),
            )
        ),
    )
    search = (
        s.Field("born", say("Fødselsdato", "Birth date"), Keys.DATE, 8, needed=False, hint=say("dd-mm-åååå", "dd-mm-yyyy")),
        s.Field("number", say("Vælgernummer", "Voter number"), Keys.DIGITS, 6, needed=False),
    )
    found = s.Table(
        (s.Column(say("Navn", "Name"), 6), s.Column(say("Nr.", "No."), 3, right=True)),
        (
            s.TableRow(("Anne-Grethe Ærøskøbing Christensen-Vestergaard af Rosenborg", "004 182"), "pick 4182"),
            s.TableRow(("Peter Åkjær", "012 077"), "pick 12077"),
        ),
    )
    to = s.Choices(
        "to",
        say("Til", "To"),
        (
            s.Choice("all", say("Alle borde", "All tables")),
            s.Choice("chair", say("Formanden", "The chair")),
            s.Choice("4", say("Bord 4", "Table 4")),
            s.Choice("11", say("Bord 11", "Table 11")),
        ),
    )
    message = s.Field(
        "text",
        say("Besked", "Message"),
        Keys.TEXT,
        160,
        hint=say("Skriv kort, hvad der skal gøres", "Say in short what is to be done"),
    )
    kept = s.Field(
        "text",
        say("Besked", "Message"),
        Keys.TEXT,
        160,
        preset=say(
            "Gør plads til kørestole ved bord 4, og send dem, der venter længst i køen ud mod Søndergade, til bord 11 og 12.",
            "Make room for wheelchairs at table 4, and send those who wait longest in the queue to tables 11 and 12.",
        ),
    )
    turnout = tuple((n / 52, min(1.0, (n / 52) ** 1.15 * 0.86)) for n in range(31))
    expected = tuple((n / 12, 0.81 * n / 12) for n in range(13))
    plot = s.Plot(
        say("Stemmer", "Votes"),
        (
            s.Curve(say("i dag", "today"), turnout),
            s.Curve(say("ventet efter valget i 2021", "expected from 2021"), expected, True),
        ),
        tuple((n / 12, f"{8 + n}") for n in range(0, 13, 2)),
        ((0.0, "0"), (0.5, "10.000"), (1.0, "20.000")),
    )
    counted = s.Text(
        say("12.688 af 23.748 har stemt kl. 14.58: 53,4 %", "12,688 of 23,748 have voted at 14.58: 53.4 %"), Tone.WAIT
    )
    document = s.Document(
        say("Protokol for afstemningsstedet", "Record of the polling place"),
        say("Side 14 af 38 laves", "Making page 14 of 38"),
        37,
        buttons=(Button("stop", say("Afbryd", "Stop")),),
    )
    ready = s.Document(
        say("Liste over udleverede stemmesedler pr. bord", "List of ballots handed out, by table"),
        say("Færdig kl. 20.14, 38 sider", "Ready at 20.14, 38 pages"),
        tone=Tone.GOOD,
        buttons=(Button("print", say("Udskriv", "Print")), Button("save", say("Gem på nøgle", "Save to stick"))),
    )
    failed = s.Document(
        say("Fortegnelse over hændelser", "List of incidents"),
        say("Printeren svarer ikke: tjek kablet og papiret", "The printer does not answer: check cable and paper"),
        tone=Tone.BAD,
        buttons=(Button("again", say("Prøv igen", "Try again")),),
    )
    everything = (
        s.Text(say("Vælg, hvad der skal ske med bordets liste.", "Choose what happens to the table's list.")),
        s.Rows((Line(say("Bord 4", "Table 4"), say("svarer ikke siden kl. 09.14", "silent since 09.14"), Tone.BAD),)),
        s.Text(say("3 kort er skannet", "3 cards are scanned"), Tone.WAIT),
        s.Text(say("Kortet kunne ikke læses. Skan det igen.", "The card could not be read. Scan it again."), Tone.BAD),
        s.Items((Button("a", say("Giv listen videre", "Give the list away")), Button("b", say("Vent", "Wait"))), ("b",)),
    )

    def page(name: str, headline: str, *blocks: s.Block, tab: str = "") -> Sheet:
        return Sheet(headline, name, blocks, *(tabs(tab) if tab else ()))

    look = s.Text(
        say("Se på: 4 svarer ikke · 11 ingen skanner · 3 bundtet er slut", "Look at: 4 silent · 11 no scanner · 3 pile empty")
    )
    send = Button("send", say("Send til bordene", "Send to the tables"))
    opened = say("Åbne hændelser", "Open incidents")
    born_then = say("To vælgere er født den dag", "Two voters were born that day")
    all_tiles = s.Tiles(tuple(map(tile, range(1, 26))))
    answering = page("tables", say("22 af 25 borde svarer", "22 of 25 tables answer"), all_tiles, tab="tables")
    few = page("tiles", say("Borde", "Tables"), look, s.Tiles(tuple(map(tile, range(1, 10)))))
    return {
        "page-tables": (answering, back, None),
        "page-tiles": (few, back, None),
        "page-incidents": (
            page("incidents", opened, incidents(23), tab="incidents"),
            back,
            None,
        ),
        "page-incidents-few": (page("few", opened, incidents(3)), back, None),
        "page-balance": (page("balance", say("Bord 4: regnskab", "Table 4: balance"), ledger, tab="balance"), back, None),
        "page-search": (page("search", say("Find vælger", "Find voter"), *search), back, Button("find", "Find")),
        "page-found": (page("found", born_then, *search[:1], found), back, Button("find", "Find")),
        "page-message": (page("message", say("Send en besked", "Send a message"), to, message), back, send),
        "page-message-kept": (page("kept", say("Send en besked", "Send a message"), to, kept), back, send),
        "page-turnout": (page("turnout", say("Fremmøde", "Turnout"), counted, plot, tab="turnout"), back, None),
        "page-document": (page("documents", say("Dokumenter", "Documents"), document, ready, failed), back, None),
        "page-rows": (page("rows", say("Hvad skal der ske?", "What is to happen?"), *everything), back, None),
    }

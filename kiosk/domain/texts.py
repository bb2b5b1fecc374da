"""Every word on the screens, in Danish and English. The guide's own Danish words are kept where it has them.

A text is looked up by its key; `{}` fields are filled in by the view. The codes in small print are for the telephone.
"""

from typing import Literal
from zoneinfo import ZoneInfo

Language = Literal["da", "en"]

ZONE = ZoneInfo("Europe/Copenhagen")
"""The clock on the wall of every polling place, whatever the machine is set to."""

_TEXTS: dict[str, tuple[str, str]] = {
    # strip
    "table": ("BORD {}", "TABLE {}"),
    "mode_free": ("Frit bordvalg", "Free table choice"),
    "mode_fixed": ("Fast bordvalg", "Fixed table"),
    "mode_paper": ("Papir", "Paper"),
    "secretary_strip": ("SEKRETÆR", "SECRETARY"),
    "tables_seen": ("Borde: {} af {}", "Tables: {} of {}"),
    "secretary_seen": ("Sekretær", "Secretary"),
    "secretary_unseen": ("Ingen sekretær", "No secretary"),
    "uncopied": ("{} kun her", "{} only here"),
    "node_table": ("Bord {}", "Table {}"),
    "node_secretary": ("Sekretær", "Secretary"),
    "book": ("bog {}", "book {}"),
    "register": ("protokollen", "the register"),
    "training": ("ØVELSE", "TRAINING"),
    "warn_scanner": ("Ingen skanner: tjek kablet, eller tast nummeret", "No scanner: check the cable, or key the number"),
    "warn_clock": ("Uret går forkert: sig det til teknikeren", "The clock is wrong: tell the technician"),
    "warn_conflict": (
        "Konflikt: {} vælger(e) har fået stemmesedler to steder. Se overblik",
        "Conflict: {} voter(s) got ballots in two places. See the overview",
    ),
    "warn_refused": (
        "Noget fra et andet bord er afvist: sig det til teknikeren (N1)",
        "Something from another table was refused: tell the technician (N1)",
    ),
    # buttons
    "menu": ("Menu", "Menu"),
    "type": ("Tast vælgernummer", "Key voter number"),
    "cancel": ("Annullér", "Cancel"),
    "back": ("Tilbage", "Back"),
    "find": ("Find vælger", "Find voter"),
    "approve": ("Godkend og udlevér stemmeseddel", "Approve and hand out ballot"),
    "next": ("Næste vælger", "Next voter"),
    "ok": ("OK", "OK"),
    "yes": ("Ja, udleveret", "Yes, handed out"),
    "no": ("Nej, ikke udleveret", "No, not handed out"),
    "open_poll": ("Åbn afstemningen", "Open the poll"),
    "close_table": ("Luk bordet", "Close the table"),
    "reopen_table": ("Genåbn bordet", "Reopen the table"),
    "release_voter": ("Formanden: nyt forsøg", "Chair: a new try"),
    "overview": ("Overblik", "Overview"),
    "island": ("Formanden: fast bordvalg", "Chair: fixed table"),
    "lock": ("Lås skærmen", "Lock the screen"),
    "unlock": ("Lås op", "Unlock"),
    "go_on": ("Videre", "Go on"),
    "seize": ("Overtag", "Take over"),
    "decide": ("Bekræft", "Confirm"),
    "language": ("English", "Dansk"),
    # not ready
    "not_ready": ("Bordet er ikke klar", "The table is not ready"),
    "no_list": ("Der er ingen valgliste.", "There is no voter list."),
    "no_list_do": ("Ring til teknikeren: listen skal lægges ind.", "Call the technician: the list must be imported."),
    "alone": ("Bordet ser ingen af de andre borde.", "The table sees none of the other tables."),
    "alone_do": ("Tjek netværkskablet. Kontakt valgsekretæren.", "Check the network cable. Contact the secretary."),
    "catching_up": ("Bordet henter, hvad der er sket imens.", "The table fetches what has happened meanwhile."),
    "catching_up_on": ("Venter på at høre fra: {}.", "Waiting to hear from: {}."),
    "catching_up_do": (
        "Vent. Er et af dem stoppet, så kontakt valgsekretæren.",
        "Wait. If one of them has stopped, contact the secretary.",
    ),
    "poll_not_opened": ("Afstemningen er ikke åbnet.", "The poll is not open."),
    "poll_not_opened_do": ("Formanden åbner den med sin PIN.", "The chair opens it with the PIN."),
    "locked": ("Skærmen er låst", "The screen is locked"),
    "locked_text": ("Bordet udleverer og afgør intet.", "The table hands out and decides nothing."),
    "locked_do": ("Formanden låser op med sin PIN.", "The chair unlocks it with the PIN."),
    # ready
    "ready": ("Skan valgkortet", "Scan the polling card"),
    "served": ("Betjent ved dette bord: {}", "Served at this table: {}"),
    "misread_not_a_card": ("Det er ikke et valgkort", "That is not a polling card"),
    "misread_not_a_card_do": ("Skan stregkoden på valgkortet.", "Scan the bar code on the polling card."),
    "misread_too_long": ("Stregkoden er for lang til et valgkort", "The bar code is too long for a polling card"),
    "misread_too_long_do": ("Skan kun valgkortet, ét ad gangen.", "Scan only the polling card, one at a time."),
    "misread_check_digits": ("Kortet blev læst forkert", "The card was misread"),
    "misread_check_digits_do": ("Skan igen, eller tast vælgernummeret.", "Scan again, or key the voter number."),
    "misread_cpr": ("Det er et CPR-nummer, ikke et valgkort", "That is a CPR number, not a polling card"),
    "misread_cpr_do": ("Skan valgkortet, ikke sundhedskortet.", "Scan the polling card, not the health card."),
    # typing
    "typing": ("Tast vælgernummer", "Key the voter number"),
    "typing_hint": (
        "Nummeret på valgkortet, eller hele tallet under stregkoden",
        "The number on the card, or all of it under the bar code",
    ),
    # voter
    "ask_born": ("Spørg om fødselsdato", "Ask for the birth date"),
    "how": ("Oplyst", "Given"),
    "how_spoken": ("Mundtligt", "Spoken"),
    "how_written": ("Skrevet på kortet", "Written on card"),
    "how_shown": ("Legitimation", "Shown on ID"),
    "how_known": ("Personligt kendt", "Known in person"),
    "hand_out": ("Udlevér", "Hand out"),
    "number": ("nr. {}", "no. {}"),
    "other_card": (
        "Et andet kort er skannet (nr. {}). Gør denne vælger færdig, og skan det igen.",
        "Another card was scanned (no. {}). Finish this voter, then scan it again.",
    ),
    "other_scan": (
        "Noget andet er skannet. Gør denne vælger færdig, og skan igen.",
        "Something else was scanned. Finish this voter, then scan again.",
    ),
    "born_pattern": ("dd-mm-åååå", "dd-mm-yyyy"),
    "born_wrong": ("Forkert dato: forsøg {} af {}.", "Wrong date: try {} of {}."),
    "other_waits": ("Vent med nr. {}.", "No. {} must wait."),
    "scan_waits": ("Vent med at skanne.", "Scan later."),
    # waiting
    "waiting": ("Venter på svar", "Waiting for the answer"),
    "waiting_text": ("Udlevér ikke endnu.", "Do not hand out yet."),
    "waiting_silent": (
        "Bord {0} svarer ikke. Send vælgeren til bord {0}, hvis det er åbent, eller kontakt valgsekretæren.",
        "Table {0} does not answer. Send the voter to table {0} if it is open, or contact the secretary.",
    ),
    "waiting_secretary": (
        "Sekretærens enhed svarer ikke. Kontakt valgsekretæren.",
        "The secretary's node does not answer. Contact the secretary.",
    ),
    "waiting_copy": (
        "Ingen af de andre svarer. Kontakt valgsekretæren.",
        "None of the others answers. Contact the secretary.",
    ),
    # green
    "green": ("Udlevér {}", "Hand out {}"),
    "and": ("og", "and"),
    "only": ("kun {}", "only {}"),
    "white": ("hvid", "white"),
    "yellow": ("gul", "yellow"),
    "blue": ("blå", "blue"),
    "pink": ("lyserød", "pink"),
    "withheld_already_marked": ("allerede udleveret", "already handed out"),
    "withheld_postal_vote": ("brevstemme", "postal vote"),
    "withheld_no_right": ("ingen valgret", "no right to vote"),
    # refused
    "refused": ("Ingen stemmeseddel", "No ballot"),
    "contact": ("Kontakt valgsekretæren", "Contact the secretary"),
    "bar_already_marked": ("Allerede registreret: bord {} kl. {}", "Already marked: table {} at {}"),
    "bar_already_marked_at": ("Allerede registreret kl. {}", "Already marked at {}"),
    "bar_already_marked_somewhere": ("Allerede registreret", "Already marked"),
    "bar_other_table": ("Fast bordvalg: vælgeren hører til et andet bord", "Fixed table: the voter belongs to another table"),
    "send_to_table": ("Send vælgeren til bord {}", "Send the voter to table {}"),
    "bar_referred": ("Fødselsdatoen var forkert for mange gange", "The birth date was wrong too often"),
    "bar_not_open": ("Afstemningen er ikke åben her", "The poll is not open here"),
    "bar_postal_vote": ("Har brevstemt", "Has voted by post"),
    "bar_not_on_list": ("Nr. {} står ikke på valglisten", "No. {} is not on the voter list"),
    "bar_struck_off": ("Slettet af valglisten", "Struck off the voter list"),
    "bar_moved_away": ("Fraflyttet: ingen valgret her", "Moved away: no right to vote here"),
    "bar_changed": ("Ændret, siden kortet blev skannet", "Changed since the card was scanned"),
    "scan_again": ("Skan kortet igen", "Scan the card again"),
    "bar_other_place": ("Kortet hører til {}", "The card belongs to {}"),
    "bar_other_unknown": ("Kortet hører til et andet valg eller valgsted", "The card belongs to another election or place"),
    # referred
    "referred": ("Kontakt valgsekretæren", "Contact the secretary"),
    "referred_text": (
        "Fødselsdatoen var forkert {} gange. Ingen stemmeseddel.",
        "The birth date was wrong {} times. No ballot.",
    ),
    "referred_do": ("Send vælgeren til valgsekretæren.", "Send the voter to the secretary."),
    # unresolved
    "unresolved": ("Blev der udleveret stemmesedler?", "Were ballots handed out?"),
    "unresolved_asked": ("Godkendt kl. {}, lige før bordet stoppede.", "Approved at {}, just before the table stopped."),
    "unresolved_text": (
        "Svar Ja, hvis vælgeren fik stemmesedler. Er du i tvivl, så kontakt valgsekretæren, før du svarer.",
        "Answer Yes if the voter got ballots. If in doubt, contact the secretary before you answer.",
    ),
    "answer_first": ("Et kort er skannet. Svar først.", "A card was scanned. Answer first."),
    # closed
    "closed": ("Bordet er lukket", "The table is closed"),
    "closed_text": ("Her udleveres ikke flere stemmesedler.", "No more ballots are handed out here."),
    # menu and pin
    "menu_title": ("Menu", "Menu"),
    "pin_open_poll": ("Formanden åbner afstemningen", "The chair opens the poll"),
    "pin_close_table": ("Formanden lukker bordet", "The chair closes the table"),
    "pin_reopen_table": ("Formanden genåbner bordet", "The chair reopens the table"),
    "pin_release_voter": ("Formanden giver vælgeren et nyt forsøg", "The chair gives the voter a new try"),
    "pin_island": (
        "Formanden lader dette bord betjene sine egne vælgere alene (fast bordvalg)",
        "The chair lets this table serve its own voters alone (fixed table)",
    ),
    "pin_lock": ("Formanden låser skærmen", "The chair locks the screen"),
    "pin_unlock": ("Formanden låser skærmen op", "The chair unlocks the screen"),
    "pin_hand_over": ("Formanden overdrager {0} til: {1}", "The chair hands {0} over to: {1}"),
    "pin_seal": (
        "Formanden overtager {0} og bekræfter, at disse er slukket eller låst: {2}",
        "The chair takes {0} and attests that these are switched off or locked: {2}",
    ),
    "pin_seize": ("Formanden giver {0} til: {1}", "The chair gives {0} to: {1}"),
    "pin_attest": (
        "Formanden bekræfter, at disse er slukket eller låst: {2}",
        "The chair attests that these are switched off or locked: {2}",
    ),
    "nobody": ("ingen", "nobody"),
    "pin_hint": ("Formandens PIN", "The chair's PIN"),
    "pin_forgotten": (
        "PIN glemt? Brug reserve-PIN i den forseglede kuvert.",
        "PIN forgotten? Use the reserve PIN in the sealed envelope.",
    ),
    "pin_wrong": ("Forkert PIN. Prøv igen.", "Wrong PIN. Try again."),
    "pin_paused": ("For mange forkerte forsøg. Vent et minut.", "Too many wrong tries. Wait a minute."),
    # the chair's pages
    "item_hand_over": ("Overdrag en bog", "Hand over a book"),
    "item_seal": ("Overtag en bog", "Take over a book"),
    "item_attest": ("Bekræft stoppede borde", "Attest stopped tables"),
    "conflict": ("KONFLIKT: stemmesedler {}", "CONFLICT: ballots {}"),
    "conflict_at": ("ved bord {} kl. {}", "at table {}, {}"),
    "conflict_found": ("fundet ved et stoppet bord kl. {}", "found at a stopped table, {}"),
    "this_node": ("dette sted: {}", "here: {}"),
    "not_seen_since": ("svarer ikke; sidst hørt kl. {}", "does not answer; last heard {}"),
    "never_seen": ("ikke set i dag", "not seen today"),
    "clock_differs": ("uret går forkert", "its clock is wrong"),
    "holds": ("har {}", "has {}"),
    "holds_none": ("har ingen bog", "has no book"),
    "stance_office": ("er med", "is here"),
    "stance_serving": ("betjener vælgere", "serves voters"),
    "stance_not_ready": ("ikke klar", "not ready"),
    "stance_closed": ("lukket", "closed"),
    "stance_island": ("fast bordvalg", "fixed table"),
    "stance_locked": ("låst", "locked"),
    "stance_fault": ("fejl", "fault"),
    "pick_book_hand_over": ("Hvilken bog overdrages?", "Which book is handed over?"),
    "pick_book_seal": ("Hvilken bog overtages?", "Which book is taken over?"),
    "book_of": ("{} ({})", "{} ({})"),
    "pick_heir": ("Hvem skal have {}?", "Who gets {}?"),
    "pick_stopped": ("Hvem er stoppet?", "Who has stopped?"),
    "pick_stopped_text": (
        "Gå hen og se: slukket, eller låst på sin egen skærm. Ingen af dem må få fast bordvalg, før de er med igen.",
        "Go and look: switched off, or locked on its own screen. None of them may get fixed table before it is with us again.",
    ),
    "seizing": ("Overtag {}", "Take over {}"),
    "seizing_begins": ("Overtagelsen begynder.", "The taking begins."),
    "piles_start": ("Skan de stoppede bordes kort", "Scan the stopped tables' cards"),
    "piles_choose": ("Vælg en stak, og skan dens kort.", "Choose a pile and scan its cards."),
    "piles_text": ("Skan stakkens kort, ét ad gangen.", "Scan the pile's cards, one at a time."),
    "pile": ("Stak: {}", "Pile: {}"),
    "seal_again": ("Begynd forfra", "Begin again"),
    "scanned": ("Skannet: {}", "Scanned: {}"),
    "must_answer": ("har ikke svaret: tjek kablet, eller begynd forfra", "has not answered: check the cable, or begin again"),
    "fetching": ("Henter", "Fetching"),
    "fetching_text": ("de sidste afmærkninger", "the last marks"),
    "and_numbers": ("og nr. {}", "and no. {}"),
    "cards_since": ("kort modtaget efter kl. {}", "cards taken in after {}"),
    "cards_all": ("alle kort", "all cards"),
    "refused_of": ("Afvist: {}", "Refused: {}"),
    # faults
    "fault": ("Bordet er stoppet", "The table has stopped"),
    "fault_do": (
        "Udlevér ingen stemmesedler. Ring til teknikeren, og oplys koden.",
        "Hand out no ballots. Call the technician and give the code.",
    ),
    "fault_disk": ("Disken svarer ikke, som den skal.", "The disk does not answer as it should."),
    "fault_disk_full": ("Disken er fuld.", "The disk is full."),
    "fault_read_only": ("Disken kan ikke skrives.", "The disk can't be written."),
    "fault_corrupt": ("Databasen er beskadiget.", "The database is damaged."),
    "fault_in_use": ("Et andet program bruger databasen.", "Another program uses the database."),
    "fault_copied": (
        "Hukommelseskortet er en kopi eller for gammelt: de andre har mere fra dette bord.",
        "The memory card is a copy or too old: the others have more from this table.",
    ),
    "fault_internal": ("Programmet har fundet en fejl hos sig selv.", "The program has found a fault in itself."),
}

CODES: dict[str, str] = {
    "not_a_card": "S1",
    "too_long": "S2",
    "check_digits": "S3",
    "cpr": "S4",
    "no_list": "K1",
    "alone": "K2",
    "catching_up": "K4",
    "locked": "K5",
    "poll_not_opened": "K3",
    "already_marked": "A1",
    "postal_vote": "A2",
    "not_on_list": "A3",
    "struck_off": "A4",
    "moved_away": "A5",
    "other_place": "A6",
    "changed": "A8",
    "referred": "A7",
    "other_table": "A9",
    "not_open": "A10",
    "copied": "F7",
    "disk": "F1",
    "disk_full": "F2",
    "read_only": "F3",
    "corrupt": "F4",
    "in_use": "F5",
    "internal": "F6",
}


def text(key: str, language: Language, *fields: object) -> str:
    """A text in one language, its fields filled in."""
    words = _TEXTS[key][language == "en"]
    return words.format(*fields) if fields else words


_MONTHS = (
    ("januar", "January"),
    ("februar", "February"),
    ("marts", "March"),
    ("april", "April"),
    ("maj", "May"),
    ("juni", "June"),
    ("juli", "July"),
    ("august", "August"),
    ("september", "September"),
    ("oktober", "October"),
    ("november", "November"),
    ("december", "December"),
)


def month(number: int, language: Language) -> str:
    """Name of a month, 1 to 12."""
    return _MONTHS[number - 1][language == "en"]

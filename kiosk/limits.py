"""Every bound of the product, with its unit and the reason for it."""

# Scanner
SCAN_CHARS = 64  # characters: twice the longest polling card in use; more is noise or a stuck key
CARD_CHARS = 32  # characters: the longest polling card; a chair's code is longer, so neither is taken for the other
SCAN_PAUSE_S = 0.1  # seconds of silence that end a scan without terminator; scanners send a key every 1-5 ms
SCAN_REPEAT_MS = 1_000  # milliseconds within which the same card read again is the same scan
SCANS_KEPT = 8  # scans remembered, to know a repeat: a card's codes, and what the scanner misreads them for
SCANNER_RETRY_S = 0.5  # seconds between looks for an absent scanner: back within 2 s of replugging

# Node
INBOX_INPUTS = 1_024  # inputs waiting for the loop; a clerk makes a few a second, so more is a fault
BATCH_INPUTS = 256  # inputs taken into one commit; bounds how long one batch can hold up a screen

BOOKS_KEPT = 4_096  # voters whose book is kept in memory: those of whom the logs that come in tell
VOTERS_KEPT = 4  # voters kept in memory: the one served and the other card scanned meanwhile, twice

# The screen's socket
MESSAGE_BYTES = 65_536  # bytes of one line; the largest screen is about 2 KiB
ANSWER_BYTES = 8_192  # bytes of one answer: eight values of 200 characters, each up to four bytes
DISPLAYS = 8  # displays connected at once: one screen, the demo's clerk, and a technician's
BEAT_S = 0.5  # seconds between two beats of the node's loop: at most one second apart also where a turn takes long
NODE_SILENT_S = 3.0  # seconds without a beat after which the display says so (D1); a commit on a slow card takes one
GREEN_STAYS_S = 120.0  # seconds that a green stays readable under D1: then the ballots are handed out, and the name goes
DISPLAY_HANGS_BEATS = 10  # beats in a row that a display has not answered, 5 s: it hangs
NO_DISPLAY_BEATS = 20  # beats in a row without any display, 10 s: one that is started again takes less

# Desk
BIRTH_DATE_TRIES = 3  # wrong dates keyed before the voter is referred to the secretary
PIN_TRIES = 5  # wrong PINs before the pause
PIN_PAUSE_MS = 60_000  # milliseconds of pause after too many wrong PINs: five guesses a minute find no six-digit PIN in a day

# Voter list
LIST_FIELD_CHARS = 200  # characters of a name or address: more is a broken row
LIST_BYTES = 1_000_000_000  # bytes of a file: a million voters need 100 MB
LIST_LINE_CHARS = 200_000  # characters of one line: more than the longest field
LIST_PROBLEMS = 10_000  # problems kept of one file: who has more has the wrong file
LIST_ROWS = 1_000_000  # voters: forty times the largest polling place
VOTER_NUMBER_MAX = 999_999_999  # numbers have at most nine digits, so that a CPR number never fits

PIECE_VOTERS = 1_000  # voters in one piece of a list that travels: 40 KB compressed
PIECE_BYTES = 1_000_000  # bytes of one, unpacked: all fields at their longest
PIECE_EVERY_S = 0.05  # seconds between two pieces to one node: it costs the giver 15 ms, and a list of the largest place 1.3 s
GIVER_SILENT_S = 5.0  # seconds without a piece after which another node is asked
PIECE_SHOWN_S = 0.25  # seconds between two screens that tell how much has come
PIECE_AGAIN_S = 1.0  # seconds after which a piece is asked for again

# Plan
BROKERS = 4  # brokers of one place: the secretary's, a table's, and room to try others
SPARES = 1  # spare cards provisioned for each node; what was on a lost card comes from the others
TABLES = 100  # tables of one place: four times the largest

# Store
FREE_BYTES = 200_000_000  # bytes free on the disk before the day: a day of the largest place writes 50 MB
ROOM_BYTES = 4_000_000  # bytes free without which a table does not start: it would stop again at the first mark
CHECKPOINT_COMMITS = 100  # commits after which the write-ahead log is moved into the database, while nobody waits
SETTLE_ENTRIES = 1_000  # entries after which what they have left in memory is moved out of the collector's reach
STORE_RETRY_S = 2.0  # seconds between tries after the disk has failed

# Reports: searches and documents, made in processes of their own
HITS_SHOWN = 8  # voters in one part of what a search has found: what a page has room for
WORKER_SILENT_S = 60.0  # seconds without a sign of life after which a worker hangs: on a busy device its start takes ten
WORKER_TRIES = 3  # times that a worker is tried with one job before that fails
WORKER_RETRY_S = 1.0  # seconds between two tries
WORKER_IDLE_S = 120.0  # seconds after which a worker without a job ends: what it knows of voters goes with it
WORKER_BYTES = 1_000_000_000  # bytes of memory that a worker may take: three times the largest place's list with a day's log
DOCUMENT_SYNC_BYTES = 65_536  # bytes of a document written at a time: a mark's commit may have to wait for one such piece

# Times on the desk
SILENT_MS = 2_000  # milliseconds without an answer after which the screen names the silent table
IDLE_MS = 120_000  # milliseconds after which a screen that nobody touches goes away, and the voter's data with it
CLOCK_OFF_MS = 60_000  # milliseconds that a clock may be off without a warning: minutes are what people read
NIGHT_H = 6  # hours after the election day for which its date may be past: the count may last into the night

# Copies of the others' logs
GIVEN_ENTRIES = 1_000  # entries in one answer to a want: one commit of a node that catches up
SIGNED_EACH = 100  # own entries of one commit after which one is signed: a batch ends at a signature, and must be readable
BATCH_ENTRIES = 4_000  # entries in one batch: a node that gives ends at a signature, which may lie some way beyond
WANT_AGAIN_MS = 300  # milliseconds after which entries are asked for again, of the next node that has them
WANT_LONGEST_MS = (
    2_000  # milliseconds between asking a peer again that never gives what it shows; it may be an old disk that does not hear
)
GIVEN_BYTES = 1_000_000  # bytes of entries in one answer, where they are long; one batch of their writer's at least
GIVE_BYTES_S = 10_000_000  # bytes a second that one peer is given at most: a day of the largest place in seconds
COPIES_WAIT_MS = 100  # milliseconds that copies may wait in memory for a commit that takes them along: ten a second at most
COPY_LATE_MS = 30  # milliseconds after which every node hurries to copy what somebody waits for, where no head shows a copy
COPIES_AT_ONCE = 3  # nodes that copy at once what a table has decided for its own voter: one is enough, if it is quick
TOGETHER_MS = 50  # milliseconds that an entry which nobody waits for may wait for the next: one batch for all to check
RUSH_TABLES = 3  # tables that ask at once, from which on a holder expects more of them
RUSH_LASTS_S = 10.0  # seconds after which it expects no more of them
RUSH_WAIT_S = 0.02  # seconds that an ask waits for others in a rush, at most
EVIDENCE_OF_ONE = 50  # refused batches kept of one sender for one reason: one flood must not hide what else was refused
EVIDENCE_KEPT = 100  # refused batches kept at a time: more tell nothing new, and must not fill the disk
EVIDENCE_ROWS = 1_000  # refused batches kept on disk in all
EVIDENCE_BYTES = 65_536  # bytes kept of one
DECIDED_FOR_ONE = 20_000  # requests of one other table that a holder decides on: eight times the busiest table's day
LEFT_OPEN = (
    10  # requests of one table that its clerks left to the secretary, of which she is told: a desk leaves one at a start
)
OPEN_LOOKED_AT = 200  # requests of one table, without ballots, that each look at the screen goes through: ten times a day's
LISTED = 100  # marks, requests or voters that a page lists: people see a few, and a line for the display is bounded
PACE_MS = 60_000  # milliseconds over which the voters that one table asks for are counted
PACE_VOTERS = 40  # voters that one table asks for in that time without an alarm: three times the quickest clerk
REFUSED_SHOWN = 8  # kinds of refused messages named on the screen
HEAD_MS = 1_000  # milliseconds between a node's heads when nobody waits for one
UNHEARD_MS = 900  # milliseconds between two heads that name no newer one of ours, in a row: just under the time between heads
SEEN_MS = 4_000  # milliseconds without a head after which a node is shown as not seen: under the field's 10 s
WAIT_SHOWN_MS = 150  # milliseconds of waiting after which the screen says so
LOOK_MS = 250  # milliseconds between looks at the other nodes for the screen
UNDOS_KEPT = 200  # undos of one run that a screen can still tell of

# Peer transport
SENDER_WAITS = 1_024  # messages of one sender that wait for the loop; what comes beyond is dropped, and asked for again
SENDER_WAITS_BYTES = 8_000_000  # bytes of them: two of the longest messages
SENDER_INPUTS = 64  # messages of one sender in a turn, so that a flood of one is no wait for the others
SENDER_BYTES = 1_000_000  # bytes of them, but for a longer one alone
ENTRIES_BYTES = 50_000_000  # bytes of entries that one sender may bring at once: a day of the largest place
ENTRIES_A_SECOND = 500_000  # bytes a second beyond; all tables of the largest place write less than a tenth of that

# Brokers
LIST_LOOK_S = 0.5  # seconds between a broker's looks whether a certificate has been revoked

# Link
CONNECT_S = 5.0  # seconds that a broker has to answer
FLOOD_A_SECOND = 500  # messages a second of one sender through one broker; a table at its busiest says some twenty
FLOOD_BURST = 1_000  # messages of one sender at once
FLOOD_BYTES = 40_000  # bytes of one that count as a further message: entries that are given weigh half of what may come
MUTE_S = 10.0  # seconds for which whoever says more is not listened to through that broker
KEEPALIVE_S = 10  # seconds of silence after which a broker is asked whether it is there; half as long again, and it is gone
MISC_S = 1.0  # seconds between looks at the keepalive
BACKOFF_S = 0.25  # seconds before the first try to connect again; each further one waits twice as long
BACKOFF_MAX_S = 5.0  # seconds between tries at most: a broker that is back is found within this
READ_S = 0.02  # seconds of reading from one broker at a stretch: whoever floods it must not keep the node from its turn
PACKET_BYTES = 4_000_000  # bytes of one message: a batch of the most entries
BATCH_BYTES = PACKET_BYTES - 1_000  # bytes of one batch: who passes it on needs room for a longer topic
QUEUE_BYTES = 16_000_000  # bytes waiting for one broker before it is given up: what all tables write in a quarter of a day
QUEUE_MESSAGES = 4_096  # messages waiting for one broker's answer, or for the loop
REPEATS_KEPT = 2_048  # messages remembered, to drop what a second broker brings again: a second's worth at full pace

// A state of the place: all logs, what each node has of them, and what people have seen.
#pragma once
#include "options.hpp"
#include <array>
#include <cstring>
#include <type_traits>

using Byte = uint8_t;
constexpr int RUNS = NODES * RUNS_EACH;
constexpr Mask ALL_NODES = (1u << NODES) - 1;

// A run is a device's life from one start to the next; it is numbered by its node and by how many that node had before it.
constexpr int run_of(int node, int index) { return node * RUNS_EACH + index; }
constexpr int node_of(int run) { return run / RUNS_EACH; }
constexpr int index_of(int run) { return run % RUNS_EACH; }
// The device whose key a run signs with: the twin has a copy of A's card.
inline int device_at(int node) { return options.twin && node == TWIN ? A : node; }
inline int device_of(int run) { return device_at(node_of(run)); }
inline bool is_twins_run(int run) { return options.twin && node_of(run) == TWIN; }

// How much of each run is known.
struct Vector {
    Byte known[RUNS];
    Byte &operator[](int run) { return known[run]; }
    Byte operator[](int run) const { return known[run]; }
};
inline bool covers(const Vector &mine, const Vector &theirs) {
    for (int run = 0; run < RUNS; run++)
        if (mine[run] < theirs[run]) return false;
    return true;
}
inline Vector joined(const Vector &one, const Vector &other) {
    Vector both = one;
    for (int run = 0; run < RUNS; run++)
        if (other[run] > both[run]) both[run] = other[run];
    return both;
}

enum Kind { NONE, REQUEST, DECISION, ISSUED, WITHDRAWN, START, GIVE, STOP, VIEW, CARD, UNDO_REQUEST, UNDO };

// An entry in 16 bits: its kind (4), a request or voter (2), and a holding, a node, or an index (7).
// A start has instead the run before (2), its end (4), and the clerk's answers: issued (3), withdrawn (3).
struct Entry {
    Byte high, low;
    int value() const { return high << 8 | low; }
    Kind kind() const { return static_cast<Kind>(value() >> 12); }
    int request() const { return value() >> 10 & 3; }
    int voter() const { return request(); }       // of a card
    int hold() const { return value() & 127; }    // of a decision or a granted undo
    int device() const { return value() & 127; }  // of a card
    int index() const { return value() & 127; }   // of a give, a stop or a view: which one
    int before() const { return value() >> 10 & 3; }
    int end() const { return value() >> 6 & 15; }
    Mask issued() const { return value() >> 3 & 7; }
    Mask withdrawn() const { return value() & 7; }
};
inline Entry from_value(int value) { return Entry{static_cast<Byte>(value >> 8), static_cast<Byte>(value & 255)}; }
inline Entry entry(Kind kind, int request, int rest = 0) { return from_value(kind << 12 | request << 10 | rest); }
inline Entry start_entry(int before, int end, Mask issued, Mask withdrawn) {
    return from_value(START << 12 | before << 10 | end << 6 | static_cast<int>(issued) << 3 | static_cast<int>(withdrawn));
}

// A holding is named by the entry with which it began.
constexpr int HOLD_BY_PLAN = 0, HOLD_BY_VIEW = 16, HOLD_BY_GIVE = 32, HOLD_BY_START = 64, HOLD_INVENTED = 100;
constexpr bool by_view(int hold) { return hold >= HOLD_BY_VIEW && hold < HOLD_BY_GIVE; }
constexpr bool by_give(int hold) { return hold >= HOLD_BY_GIVE && hold < HOLD_BY_START; }
constexpr bool by_start(int hold) { return hold >= HOLD_BY_START; }

struct Stop {
    Byte author, position, number;
    Byte view_position;  // where its view is in the author's log; 0: there is none
    Byte acknowledged;   // nodes whose head has shown the stop
    Byte cards;          // requests whose voters' cards lay in a named table's pile
    Byte last_named[NODES]; // 0: not named; else one more than the index of the last run known
    Vector knows, view_knows;
    Vector shown[NODES]; // what the acknowledging heads showed, as far as the author does not have it yet
    bool names(int run) const { return last_named[node_of(run)] >= index_of(run) + 1; }
};
struct Give {
    Byte author, position, book, to, hold;
    Vector knows;
};

constexpr Byte NO_RUN = 255;
enum OldCard : Byte { NOT_COPIED, PUT_ASIDE, IN_USE };

struct State {
    Entry log[RUNS][LOG_LENGTH];
    Byte length[RUNS];
    // Each node: its disk, what it has read but not yet committed, how many runs its device had, and which it is.
    Vector disk[NODES], memory[NODES];
    Byte runs[NODES], current[NODES];
    Byte up, members, islands;
    // M: whose heads a new run has heard, and what in them it still lacks.
    Byte heard[NODES];
    Vector head[NODES][NODES];
    Byte stop_count, give_count;
    Stop stop[STOPS];
    Give give[GIVES];
    // People: who asked, and who was shown green.
    Byte request_run[MAX_REQUESTS];
    Byte asked, green, green_at_island, returned;
    Byte crashes, islands_made, undos, lies, power_cuts;
    Byte old_card, old_current;
    Vector old_disk;

    bool is_up(int node) const { return has(up, node); }
    bool is_member(int node) const { return has(members, node); }
    bool is_island(int node) const { return has(islands, node); }
    int run_at(int node) const { return run_of(node, current[node]); }
    Entry at(int run, int position) const { return log[run][position - 1]; }
    bool knows_stop(const Vector &known, int k) const { return known[stop[k].author] >= stop[k].position; }
    bool knows_view(const Vector &known, int k) const {
        return stop[k].view_position && known[stop[k].author] >= stop[k].view_position;
    }
    Vector read(int node) const { return joined(disk[node], memory[node]); }
};
static_assert(std::is_trivially_copyable_v<State> && alignof(State) == 1, "a state is compared byte by byte");

inline State first_state() {
    State s;
    std::memset(&s, 0, sizeof s);
    for (Byte &run : s.request_run) run = NO_RUN;
    for (Byte &runs : s.runs) runs = 1; // a spare's first run is its second here; its run 0 has nothing
    s.up = static_cast<Byte>(ALL_NODES & ~options.spare);
    if (options.twin) s.up &= static_cast<Byte>(~only(TWIN));
    s.members = options.all_down ? 0 : s.up;
    return s;
}

// Where a request is among the first `known` entries of the run that made it; 0 if it is not.
inline int position_of_request(const State &s, int request, int known) {
    if (s.request_run[request] == NO_RUN) return 0;
    for (int p = 1; p <= known; p++) {
        Entry e = s.at(s.request_run[request], p);
        if (e.kind() == REQUEST && e.request() == request) return p;
    }
    return 0;
}
inline int last_run_known(const Vector &known, int node) {
    int last = 0;
    for (int index = 0; index < RUNS_EACH; index++)
        if (known[run_of(node, index)] >= 1) last = index;
    return last;
}
inline bool any_run_known(const Vector &known, int node) {
    for (int index = 0; index < RUNS_EACH; index++)
        if (known[run_of(node, index)] >= 1) return true;
    return false;
}

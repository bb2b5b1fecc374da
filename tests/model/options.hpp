// What a run of the checker is told: who may do what, how often, and which rules are left out.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

// How large a place is, is fixed when the checker is built.
#ifndef NODES
#define NODES 3
#endif
#ifndef RUNS_EACH
#define RUNS_EACH 2
#endif
#ifndef LOG_LENGTH
#define LOG_LENGTH 8
#endif
#ifndef STOPS
#define STOPS 2
#endif
#ifndef GIVES
#define GIVES 1
#endif
constexpr int MAX_REQUESTS = 3;
constexpr int MAX_BOOKS = 2;

constexpr const char *NODE_NAMES = "SABC"; // the secretary's node, and tables; the first book is table A's
constexpr int S = 0, A = 1, NOBODY = -1;
constexpr int TWIN = 3; // with `twin`, node C is another device that has a copy of A's card

using Mask = unsigned; // a set of nodes, of requests or of voters
constexpr bool has(Mask mask, int which) { return mask >> which & 1; }
constexpr Mask only(int which) { return 1u << which; }

// Every rule that can be left out (`without=D3,scan`); each must be missed by some configuration, or else it is said that it is not.
enum Rule {
    M_VOUCHED_BY_MEMBER, // M: one of the heads is a member's
    D2_MEMBER,
    D3_KNOWS,
    D4_ONE_MARK,
    L_LINK,
    T_TWIN,
    W_TAKE_ALONG,      // W: a commit takes along what was acted on
    MOVES_COMMITTED,   // W: entries that move books are committed before they are used
    G2_NOT_BEYOND_END, // G2: no grant beyond the end that a later start tells
    G3_COPY,           // G3: deciding for oneself, one other shows the copy
    G3_REQUEST,        // G3: the own request is committed
    HOLD_BACK,         // a step beyond a pending stop's knows is open
    COVER,             // a view needs what the acknowledging heads showed
    HIGHER_STOP,       // a view is not written when a higher stop is known
    LOWER_VIEWS,       // valid_views: a lower view must lie within the higher ones' knows
    VIEW_LIMIT,        // what the stopped wrote beyond the view's knows is late
    START_IN_VIEW,     // a start counts only if it lies within the view's knows
    SCAN,              // the cards in the stopped table's pile
    ASK_CLERK,         // a start takes the clerk's answers along
    ISSUED_MARKS,      // `issued` is a mark
    ISLAND_MEMBER,     // only a member becomes an island
    UNDO_DEAD,         // an undo needs that the target is issued or its run has ended
    AUTHORITY_DECISION,
    AUTHORITY_UNDO,
    AUTHORITY_WITHDRAWN,
    AUTHORITY_GIVE,
    AUTHORITY_STOP,
    RULES
};
constexpr const char *RULE_NAMES[RULES] = {
    "vouched_by_member", "D2", "D3", "D4", "L", "T", "W", "moves_committed", "G2", "G3_copy", "G3_request", "hold_back", "cover",
    "higher_stop", "lower_views", "view_limit", "start_in_view", "scan", "ask_clerk", "issued_marks", "island_member", "undo_dead",
    "authority_decision", "authority_undo", "authority_withdrawn", "authority_give", "authority_stop"};

struct Options {
    // The place.
    std::vector<int> requests{2, 1}; // at which node each request is made
    std::vector<int> voters;         // whom each is about; all about voter 0 when nothing is said
    std::vector<int> homes{A};       // whose book each voter stands in
    Mask spare = 0;                  // devices that have never run when the day begins
    bool all_down = false;           // the morning: nobody is a member
    bool twin = false;
    // What may happen, and how often.
    int crashes = 2, power_cuts = 0, stops = 1, gives = 0, islands = 0, undos = 0;
    Mask crash_at = ~0u, restart_at = ~0u, stop_at = ~0u;
    Mask may_withdraw = 0, ask_first = 0; // requests that may be withdrawn; that are asked before they are committed
    bool empty_stop = false, codes_in_any_order = false, false_attestation = false;
    Mask may_be_named = ~0u; // devices that the chair may tick
    int old_card = NOBODY;   // whose card is copied at some moment, and put back later
    bool lost_card = false;  // S4 is asked of what the disks hold that are left
    // The liar.
    int liar = NOBODY, lies = 0, liar_stops = 0; // 1: names what the chair ticked; 2: names whom it likes
    bool liar_heads = false;
    // Readings of M.
    Mask hears_all = 0;           // these nodes' new runs excuse nobody
    bool old_card_hears_all = true;
    bool named_not_heard = false; // whom a view names need not be heard
    bool spares_heard = false;    // M: a spare counts as a device like any other, whether a run of it is known or not
    bool stop_skips_spares = false; // a stop waits for no device of which its author knows no run
    bool spare_excuses_named = false; // a spare's first run need not hear whom a view names
    bool first_run_member = false;  // the first run of a device asks, and its copy counts, only once it is a member
    // Variants of other rules.
    Mask without = 0;
    Mask need_not_acknowledge = 0;
    bool causal = false;                // L widened: an entry is taken in only after all that it knows
    bool short_vectors = false;         // `knows` and heads have one number a device, that of its last run; the start tells the rest
    bool back_must_acknowledge = false; // a named device that is back must acknowledge too
    bool start_void_beyond_end = false; // a start counts only while nothing beyond its end is known
    bool withdraw_all = false;          // a start withdraws without asking the clerk
    bool withdraw_unknown = false;      // a start withdraws requests that its disk does not know
    bool higher_start = false;          // of two starts after one run, the chain takes the higher name
    bool undo_needs_request = false;    // a granted undo counts only together with the secretary's request
    // What is looked at.
    bool check_s1 = true, check_s2 = true, check_s4 = true;
    bool check_marks = false; // S4 as `marks`: every green is a mark in the fold of all logs
    int reach = 0; // 1: green by an heir; 2: by the old holder's new run; 3: by who was given the book
    // The first steps, if only days that begin so are to be looked at: the kind's letter as in a trace's action, the node, and
    // (if it matters) the action's number: a run that is copied, or the set of named devices.
    std::vector<std::string> opening;
    // Limits of the search.
    uint64_t max_states = 400'000'000;
    double seconds = 600, memory = 7;
    int table_bits = 27;
    bool trace = false;

    bool keeps(Rule rule) const { return !has(without, rule); }
    int voter_of(int request) const { return voters.empty() ? 0 : voters[request]; }
};

namespace options_detail {
[[noreturn]] inline void refuse(const std::string &what) {
    std::fprintf(stderr, "not understood: %s\n", what.c_str());
    std::exit(2);
}
inline int node(char name) {
    for (int node = 0; node < NODES; node++)
        if (NODE_NAMES[node] == name) return node;
    refuse(std::string("node ") + name);
}
inline std::vector<int> nodes(const std::string &names) {
    std::vector<int> found;
    for (char name : names) found.push_back(node(name));
    return found;
}
inline Mask node_mask(const std::string &names) {
    Mask mask = 0;
    if (names == "none") return mask;
    for (char name : names) mask |= only(node(name));
    return mask;
}
inline std::vector<int> digits(const std::string &text) {
    std::vector<int> found;
    for (char digit : text) found.push_back(digit - '0');
    return found;
}
inline Mask digit_mask(const std::string &text) {
    Mask mask = 0;
    for (char digit : text) mask |= only(digit - '0');
    return mask;
}
inline std::vector<std::string> words(const std::string &text) {
    std::vector<std::string> found{""};
    for (char letter : text)
        if (letter == ',')
            found.emplace_back();
        else
            found.back() += letter;
    return found;
}
inline Mask rule_mask(const std::string &text) {
    Mask mask = 0;
    for (const std::string &word : words(text)) {
        int rule = 0;
        while (rule < RULES && word != RULE_NAMES[rule]) rule++;
        if (rule == RULES) refuse("rule " + word);
        mask |= only(rule);
    }
    return mask;
}
} // namespace options_detail

inline Options parse_options(int count, char **arguments) {
    using namespace options_detail;
    Options o;
    std::map<std::string, int *> numbers{
        {"crashes", &o.crashes}, {"power_cuts", &o.power_cuts}, {"stops", &o.stops}, {"gives", &o.gives}, {"islands", &o.islands},
        {"undos", &o.undos}, {"lies", &o.lies}, {"liar_stops", &o.liar_stops}, {"reach", &o.reach}, {"table_bits", &o.table_bits}};
    std::map<std::string, bool *> flags{
        {"all_down", &o.all_down}, {"twin", &o.twin}, {"empty_stop", &o.empty_stop}, {"codes_in_any_order", &o.codes_in_any_order},
        {"false_attestation", &o.false_attestation}, {"lost_card", &o.lost_card}, {"liar_heads", &o.liar_heads},
        {"old_card_hears_all", &o.old_card_hears_all},
        {"named_not_heard", &o.named_not_heard}, {"spares_heard", &o.spares_heard}, {"stop_skips_spares", &o.stop_skips_spares},
        {"first_run_member", &o.first_run_member}, {"spare_excuses_named", &o.spare_excuses_named}, {"causal", &o.causal}, {"short_vectors", &o.short_vectors}, {"back_must_acknowledge", &o.back_must_acknowledge},
        {"start_void_beyond_end", &o.start_void_beyond_end}, {"withdraw_all", &o.withdraw_all},
        {"withdraw_unknown", &o.withdraw_unknown}, {"higher_start", &o.higher_start},
        {"undo_needs_request", &o.undo_needs_request}, {"check_marks", &o.check_marks}, {"trace", &o.trace}};
    std::map<std::string, Mask *> places{
        {"spare", &o.spare}, {"crash_at", &o.crash_at}, {"restart_at", &o.restart_at}, {"stop_at", &o.stop_at},
        {"may_be_named", &o.may_be_named}, {"hears_all", &o.hears_all}, {"need_not_acknowledge", &o.need_not_acknowledge}};
    for (int i = 1; i < count; i++) {
        std::string argument = arguments[i];
        size_t equals = argument.find('=');
        if (equals == std::string::npos) refuse(argument);
        std::string key = argument.substr(0, equals), value = argument.substr(equals + 1);
        if (numbers.count(key)) *numbers[key] = std::stoi(value);
        else if (flags.count(key)) *flags[key] = value == "1";
        else if (places.count(key)) *places[key] = node_mask(value);
        else if (key == "requests") o.requests = nodes(value);
        else if (key == "homes") o.homes = nodes(value);
        else if (key == "voters") o.voters = digits(value);
        else if (key == "may_withdraw") o.may_withdraw = digit_mask(value);
        else if (key == "ask_first") o.ask_first = digit_mask(value);
        else if (key == "old_card") o.old_card = node(value[0]);
        else if (key == "liar") o.liar = node(value[0]);
        else if (key == "without") o.without = rule_mask(value);
        else if (key == "opening") o.opening = words(value);
        else if (key == "max_states") o.max_states = std::stoull(value);
        else if (key == "seconds") o.seconds = std::stod(value);
        else if (key == "memory") o.memory = std::stod(value);
        else if (key == "check") {
            o.check_s1 = o.check_s2 = o.check_s4 = false;
            for (const std::string &word : words(value))
                if (word == "S1") o.check_s1 = true;
                else if (word == "S2") o.check_s2 = true;
                else if (word == "S4") o.check_s4 = true;
                else refuse(argument);
        } else refuse(argument);
    }
    if (o.requests.size() > MAX_REQUESTS || o.homes.size() > MAX_BOOKS) refuse("too many requests or books");
    if (!o.voters.empty() && o.voters.size() != o.requests.size()) refuse("one voter for each request");
    if (o.twin && NODES <= TWIN) refuse("a twin needs four nodes");
    return o;
}

inline Options options;
inline int request_count() { return static_cast<int>(options.requests.size()); }
inline int table_of(int request) { return options.requests[request]; }
inline int voter_of(int request) { return options.voter_of(request); }
inline int voter_count() { return static_cast<int>(options.homes.size()); }
// A voter's book is named by the first voter who stands in it.
inline int book_of(int voter) { return voter == 1 && options.homes[1] == options.homes[0] ? 0 : voter; }

// What can happen next: everything that a node, a clerk, the chair, the secretary, a liar or bad luck may do in a state.
#pragma once
#include "rules.hpp"

struct Action {
    char kind;
    int node, what, more;
};
// For the trace.
inline std::string run_name(int run) { return NODE_NAMES[node_of(run)] + std::to_string(index_of(run)); }
inline std::string names_of(Mask nodes) {
    std::string names;
    for (int node = 0; node < NODES; node++)
        if (has(nodes, node)) names += NODE_NAMES[node];
    return names.empty() ? "nobody" : names;
}
inline std::string in_words(const Action &a) {
    static const char *kinds[] = {"none", "request", "decision", "issued", "withdrawn", "start", "give", "stop", "view", "card",
                                  "undo request", "undo"};
    std::string node(1, a.node >= 0 && a.node < NODES ? NODE_NAMES[a.node] : '?'), what = std::to_string(a.what);
    switch (a.kind) {
    case 'k': return node + " asks for request " + what + " (in memory)";
    case 'r': return node + " commits request " + what;
    case 'c': return node + " copies the next entry of " + run_name(a.what);
    case 'd': return node + " grants request " + what;
    case 'g':
        return node + " shows GREEN on request " + what + " by entry " + std::to_string(a.more >> 5 & 15) + " of " +
               run_name(a.more & 31) + (a.more >> 9 ? " (in memory)" : "");
    case 'P': return "the power fails everywhere";
    case 'x': return node + " crashes";
    case 'R': return node + " starts a new run";
    case 'S': return "the chair at " + node + ": stop " + std::to_string(a.more & 15) + ", naming " + names_of(a.what) + (a.more & 16 ? " (a liar's knows)" : "");
    case 'V': return node + " writes the view of stop " + what + (a.more == 1 ? " (a liar's knows: nothing)" : a.more == 2 ? " (a liar's knows: everything)" : "");
    case 'h': return node + " gives book " + std::to_string(a.more) + " to " + run_name(a.what);
    case 'i': return node + " is made an island";
    case 'w': return node + " withdraws request " + what;
    case 's': return node + " writes that request " + what + " was issued";
    case 'u': return "the secretary asks to undo request " + what;
    case 'U': return node + " grants the undo of request " + what;
    case 'l':
        return "the LIAR " + node + " writes " + kinds[a.what] + ", " + (a.what == CARD || a.what == GIVE ? "node " : "request ") +
               std::to_string(a.more & 3) + ", holding " + std::to_string(a.more >> 2);
    case 'o': return "a copy of " + node + "'s card is put aside";
    case 'O': return node + " gets the old copy of its card";
    default: return "?";
    }
}

inline uint64_t cut_by_log_length = 0; // entries that were not written because the model's logs are too short

// W: a commit takes along what was read in memory.
inline void commit_what_was_read(State &s, int node) {
    if (!options.keeps(W_TAKE_ALONG)) return;
    for (int run = 0; run < RUNS; run++) {
        if (s.memory[node][run] > s.disk[node][run]) s.disk[node][run] = s.memory[node][run];
        s.memory[node][run] = 0;
    }
}
inline bool append(State &s, int node, Entry e) {
    commit_what_was_read(s, node);
    int run = s.run_at(node);
    if (s.length[run] >= LOG_LENGTH) {
        cut_by_log_length++;
        return false;
    }
    s.log[run][s.length[run]++] = e;
    s.disk[node][run] = s.length[run];
    return true;
}

// What needs no decision follows at once: acknowledgements, heads heard, membership. It also forgets what no longer matters.
inline void acknowledge(State &s) {
    for (int k = 0; k < s.stop_count; k++) {
        Stop &stop = s.stop[k];
        int author = node_of(stop.author);
        bool waits = !stop.view_position && s.is_up(author) && s.run_at(author) == stop.author;
        if (!waits || (options.keeps(HIGHER_STOP) && knows_higher_stop(s, k))) {
            stop.acknowledged = 0;
            std::memset(stop.shown, 0, sizeof stop.shown);
            continue;
        }
        for (int node = 0; node < NODES; node++) {
            if (node != author && !has(stop.acknowledged, node) && s.is_up(node) && s.knows_stop(s.disk[node], k)) {
                stop.acknowledged |= only(node);
                stop.shown[node] = as_shown(s, s.disk[node]);
            }
            if (has(stop.acknowledged, node))
                for (int run = 0; run < RUNS; run++)
                    if (s.disk[author][run] >= stop.shown[node][run]) stop.shown[node][run] = 0;
        }
    }
}
inline bool hear_heads(State &s, int node) {
    bool became_member = false, all = must_hear_all(s, node);
    for (int other = 0; other < NODES; other++) {
        bool lies = options.liar_heads && other == options.liar;
        bool vouches = s.is_member(other) || all || lies || !options.keeps(M_VOUCHED_BY_MEMBER);
        if (other == node || !s.is_up(other) || !vouches || has(s.heard[node], other)) continue;
        if (s.disk[other][s.run_at(node)] < 1) continue; // its head does not show this start
        s.heard[node] |= only(other);
        if (!lies) s.head[node][other] = as_shown(s, s.disk[other]);
    }
    if (all) {
        bool heard_all = true;
        for (int other = 0; other < NODES; other++)
            if (must_hear(s, node, other) && (!has(s.heard[node], other) || !covers(s.disk[node], s.head[node][other])))
                heard_all = false;
        if (heard_all) {
            s.members |= only(node);
            became_member = true;
        }
    }
    for (int other = 0; other < NODES; other++) {
        if (!has(s.heard[node], other)) continue;
        if (covers(s.disk[node], s.head[node][other])) {
            if (!all) {
                s.members |= only(node);
                became_member = true;
            }
        } else {
            for (int run = 0; run < RUNS; run++)
                if (s.disk[node][run] >= s.head[node][other][run]) s.head[node][other][run] = 0;
        }
    }
    return became_member;
}
inline void settle(State &s) {
    acknowledge(s);
    for (bool changed = true; changed;) {
        changed = false;
        for (int node = 0; node < NODES; node++)
            if (s.is_up(node) && !s.is_member(node) && hear_heads(s, node)) changed = true;
        for (int node = 0; node < NODES; node++)
            if (s.is_member(node)) {
                s.heard[node] = 0;
                std::memset(s.head[node], 0, sizeof s.head[node]);
            }
    }
    if (s.old_card == IN_USE) {
        s.old_current = 0;
        std::memset(&s.old_disk, 0, sizeof s.old_disk);
    }
}

template <class Emit> class Successors {
  public:
    Successors(const State &from, Emit emit) : from(from), emit(emit) {}
    void all() {
        power_cut();
        for (int node = 0; node < NODES; node++) {
            if (from.is_up(node)) {
                requests(node);
                copies(node);
                for (int book = 0; book < voter_count(); book++)
                    if (book_of(book) == book) holder(node, book);
                answers(node);
                crash(node);
                stops(node);
                views(node);
                island(node);
                if (node == S) secretary();
                if (node == options.liar && from.lies < options.lies) lies(node);
            } else {
                restart(node);
            }
            old_cards(node);
        }
    }

  private:
    const State &from;
    Emit emit;

    void power_cut() {
        if (from.power_cuts >= options.power_cuts || !from.up) return;
        State s = from;
        s.power_cuts++;
        s.up = s.members = s.islands = 0;
        std::memset(s.heard, 0, sizeof s.heard);
        std::memset(s.head, 0, sizeof s.head);
        std::memset(s.memory, 0, sizeof s.memory);
        emit(s, Action{'P', 0, 0, 0});
    }

    void requests(int node) {
        int own = from.run_at(node);
        if (is_nobody_yet(from, node)) return;
        for (int i = 0; i < request_count(); i++) {
            if (table_of(i) != node) continue;
            if (from.request_run[i] == NO_RUN && has(options.ask_first, i)) {
                State s = from;
                s.request_run[i] = own;
                s.asked |= only(i);
                emit(s, Action{'k', node, i, 0});
            }
            bool may = from.request_run[i] == NO_RUN || from.request_run[i] == own;
            if (may && !position_of_request(from, i, from.length[own])) {
                State s = from;
                if (append(s, node, entry(REQUEST, i))) {
                    s.request_run[i] = own;
                    emit(s, Action{'r', node, i, 0});
                }
            }
        }
    }

    // Any next entry of any run may arrive at any time, also from a node that is off: cards can be read later.
    void copies(int node) {
        int own = from.run_at(node);
        for (int run = 0; run < RUNS; run++) {
            int have = from.disk[node][run];
            if (run == own || have >= from.length[run]) continue;
            if (have == 0 && options.keeps(L_LINK) && !link_holds(from, from.disk[node], run)) continue;
            State s = from;
            commit_what_was_read(s, node);
            if (options.causal && s.disk[node][run] < s.length[run] && !has_all_it_knows(s, s.disk[node], run, s.disk[node][run] + 1))
                continue;
            if (s.disk[node][run] < s.length[run]) {
                s.disk[node][run]++;
                if (s.memory[node][run] <= s.disk[node][run]) s.memory[node][run] = 0;
            }
            emit(s, Action{'c', node, run, 0});
        }
    }

    // Who holds a book decides, grants undos, and gives it on.
    void holder(int node, int book) {
        Vector known = options.keeps(W_TAKE_ALONG) ? from.read(node) : from.disk[node];
        Chain chain = chain_of(from, known, book);
        if (!may_decide(from, node, known, chain)) return;
        known = from.read(node);
        int hold = chain.last().hold;
        for (int voter = 0; voter < voter_count(); voter++) {
            if (book_of(voter) != book) continue;
            Marks marks = marks_of(from, known, chain, voter);
            decisions(node, voter, hold, known, marks);
            granted_undos(node, voter, hold, known, marks);
        }
        gives(node, book, hold, known);
    }
    void decisions(int node, int voter, int hold, const Vector &known, const Marks &marks) {
        for (int i = 0; i < request_count(); i++) {
            if (voter_of(i) != voter || from.request_run[i] == NO_RUN) continue;
            if (!has(from.asked, i) && !position_of_request(from, i, known[from.request_run[i]])) continue;
            if (has(marks.decided(), i)) continue;
            if (options.keeps(D4_ONE_MARK) && marks.other_than(i)) continue;
            State s = from;
            if (append(s, node, entry(DECISION, i, hold))) emit(s, Action{'d', node, i, 0});
        }
    }
    void granted_undos(int node, int voter, int hold, const Vector &known, const Marks &marks) {
        for (int i = 0; i < request_count(); i++) {
            if (voter_of(i) != voter || !has(marks.undo_asked & ~marks.undone, i)) continue;
            if (!may_be_undone(from, known, marks, i)) continue;
            State s = from;
            if (append(s, node, entry(UNDO, i, hold))) emit(s, Action{'U', node, i, 0});
        }
    }
    void gives(int node, int book, int hold, const Vector &known) {
        if (from.give_count >= options.gives || from.give_count >= GIVES) return;
        for (int receiver = 0; receiver < NODES; receiver++) {
            if (receiver == node) continue;
            int to = run_of(receiver, last_run_known(known, receiver));
            bool is_named = false;
            for (int k = 0; k < from.stop_count; k++)
                if (from.knows_stop(known, k) && from.stop[k].names(to)) is_named = true;
            if (is_named) continue;
            State s = from;
            if (write_give(s, node, book, to, hold)) {
                s.give[s.give_count - 1].knows = as_shown(s, s.disk[node]);
                emit(s, Action{'h', node, to, book});
            }
        }
    }
    bool write_give(State &s, int node, int book, int to, int hold) {
        if (!append(s, node, entry(GIVE, 0, s.give_count))) return false;
        Give &give = s.give[s.give_count++];
        int own = s.run_at(node);
        give.author = own;
        give.position = s.length[own];
        give.book = book;
        give.to = to;
        give.hold = hold;
        return true;
    }

    // What the requesting table does with its own requests: shows green, gives up, or writes that ballots were issued.
    void answers(int node) {
        int own = from.run_at(node);
        for (int i = 0; i < request_count(); i++) {
            if (table_of(i) != node || from.request_run[i] != own) continue; // G1
            bool committed = position_of_request(from, i, from.disk[node][own]);
            if (!committed && (options.keeps(G3_REQUEST) || !has(from.asked, i))) continue;
            Vector known = from.read(node);
            Chain chain_on_disk = chain_of(from, from.disk[node], book_of(voter_of(i)));
            Marks marks = marks_of(from, known, chain_on_disk, voter_of(i));
            if (!has(from.green, i) && !has(marks.withdrawn, i)) {
                for (int author = 0; author < RUNS; author++)
                    for (int p = 1; p <= from.length[author]; p++) {
                        Entry e = from.at(author, p);
                        if (e.kind() == DECISION && e.request() == i && may_show_green(node, i, known, chain_on_disk, author, p, e.hold()))
                            show_green(node, i, known, author, p, e.hold());
                    }
                if (has(options.may_withdraw, i) && committed) {
                    State s = from;
                    if (append(s, node, entry(WITHDRAWN, i))) emit(s, Action{'w', node, i, 0});
                }
            } else if (options.undos && has(from.green, i) && !has(marks.issued, i)) {
                State s = from;
                if (append(s, node, entry(ISSUED, i))) emit(s, Action{'s', node, i, 0});
            }
        }
    }
    // G2, G3, T. The grant may have come in memory only; then all before it in its log has come too.
    bool may_show_green(int node, int request, const Vector &known, const Chain &chain_on_disk, int author, int position, int hold) {
        int own = from.run_at(node);
        bool in_memory = position > known[author];
        if (in_memory) {
            for (int p = known[author] + 1; p < position; p++) {
                Kind kind = from.at(author, p).kind();
                bool moves = kind == STOP || kind == VIEW || kind == GIVE || kind == START;
                if (moves && options.keeps(MOVES_COMMITTED)) return false;
                if (moves && options.causal && !has_all_it_knows(from, known, author, p)) return false;
            }
        }
        Vector with_grant = known;
        with_grant[author] = std::max<int>(with_grant[author], position);
        Chain chain = chain_of(from, with_grant, book_of(voter_of(request)));
        bool is_holding = chain.find(author, hold) >= 0;
        if (options.keeps(G2_NOT_BEYOND_END) && ended_before(from, with_grant, author, position)) return false;
        if (!is_holding && options.keeps(AUTHORITY_DECISION)) return false;
        if (is_holding && !chain.counts(author, hold, position)) return false;
        if (is_holding && in_memory && options.keeps(MOVES_COMMITTED) && chain_on_disk.find(author, hold) < 0) return false;
        if (author == own && !from.is_island(node) && options.keeps(G3_COPY) && !another_has_copy(from, node, own, position)) return false;
        return !is_twin(from, with_grant, own);
    }
    void show_green(int node, int request, const Vector &known, int author, int position, int hold) {
        State s = from;
        bool in_memory = position > known[author];
        s.green |= only(request);
        if (s.is_island(node)) s.green_at_island |= only(request);
        if (in_memory) s.memory[node][author] = position;
        int reached = by_view(hold) ? 1 : by_start(hold) ? 2 : by_give(hold) ? 3 : 0;
        emit(s, Action{'g', node, request, author | position << 5 | (in_memory ? 1 << 9 : 0)}, options.reach && reached == options.reach);
    }

    void crash(int node) {
        if (from.crashes >= options.crashes || !has(options.crash_at, node)) return;
        State s = from;
        s.crashes++;
        s.up &= ~only(node);
        s.members &= ~only(node);
        s.islands &= ~only(node);
        s.heard[node] = 0;
        std::memset(s.head[node], 0, sizeof s.head[node]);
        std::memset(&s.memory[node], 0, sizeof s.memory[node]);
        emit(s, Action{'x', node, 0, 0});
    }

    // The chair uses a code at this node's screen, and ticks devices that are off at that moment.
    void stops(int node) {
        bool forged = !options.keeps(AUTHORITY_STOP) && node == options.liar;
        if (from.stop_count >= options.stops || from.stop_count >= STOPS || !(has(options.stop_at, node) || forged)) return;
        bool liars = options.liar_stops > 0 && node == options.liar;
        bool any_names = options.false_attestation || forged || (liars && options.liar_stops > 1);
        int highest = 0;
        for (int k = 0; k < from.stop_count; k++)
            if (from.knows_stop(from.disk[node], k)) highest = std::max<int>(highest, from.stop[k].number);
        for (Mask names = 0; names < only(NODES); names++) {
            if (has(names, node) || (!names && !options.empty_stop) || (names & ~options.may_be_named)) continue;
            if (!any_names && (names & from.up)) continue;
            int first = options.codes_in_any_order ? 1 : from.stop_count + 1, last = options.codes_in_any_order ? STOPS : from.stop_count + 1;
            for (int number = first; number <= last; number++) {
                bool used = false;
                for (int k = 0; k < from.stop_count; k++)
                    if (from.stop[k].number == number) used = true;
                if (number <= highest || used) continue;
                for (int lie = 0; lie <= (liars ? 1 : 0); lie++) write_stop(node, names, number, lie);
            }
        }
    }
    void write_stop(int node, Mask names, int number, bool lie) {
        State s = from;
        if (!append(s, node, entry(STOP, 0, s.stop_count))) return;
        Stop &stop = s.stop[s.stop_count++];
        stop.author = s.run_at(node);
        stop.position = s.length[stop.author];
        stop.number = number;
        stop.knows = as_shown(s, s.disk[node]);
        if (lie) std::memset(&stop.knows, 0, sizeof stop.knows);
        for (int other = 0; other < NODES; other++) {
            if (!has(names, other)) continue;
            stop.last_named[other] = last_run_known(s.disk[node], other) + 1;
            for (int i = 0; i < request_count(); i++)
                if (table_of(i) == other && has(s.green & ~s.returned, i)) stop.cards |= only(i);
        }
        emit(s, Action{'S', node, static_cast<int>(names), number | (lie ? 16 : 0)});
    }

    void views(int node) {
        int own = from.run_at(node);
        bool liars = options.liar_stops > 0 && node == options.liar;
        for (int k = 0; k < from.stop_count; k++) {
            if (from.stop[k].author != own || from.stop[k].view_position) continue;
            if (!liars && !may_write_view(from, k)) continue;
            State s = from;
            if (!liars && !scan_cards(s, node, k)) continue;
            if (!append(s, node, entry(VIEW, 0, k))) continue;
            Stop &stop = s.stop[k];
            stop.view_position = s.length[own];
            stop.view_knows = as_shown(s, s.disk[node]);
            s.members |= only(node);
            emit(s, Action{'V', node, stop.number, 0});
            if (!liars) continue;
            for (int run = 0; run < RUNS; run++) stop.view_knows[run] = 0;
            State nothing = s;
            emit(nothing, Action{'V', node, stop.number, 1});
            for (int run = 0; run < RUNS; run++) stop.view_knows[run] = s.length[run];
            emit(s, Action{'V', node, stop.number, 2});
        }
    }
    // The cards in the piles of the named tables: those whose mark is not known. False if the log is full.
    bool scan_cards(State &s, int node, int k) {
        if (!options.keeps(SCAN)) return true;
        bool complete = true;
        for (int voter = 0; voter < voter_count(); voter++) {
            Marks marks = marks_of(from, from.disk[node], voter);
            for (int table = 0; table < NODES; table++) {
                if (!from.stop[k].last_named[table] || has(marks.cards, table)) continue;
                bool scan = false;
                for (int i = 0; i < request_count(); i++)
                    if (table_of(i) == table && voter_of(i) == voter && has(from.stop[k].cards & ~from.returned & ~marks.marked(), i)) scan = true;
                if (scan && !append(s, node, entry(CARD, voter, table))) complete = false;
            }
        }
        return complete;
    }

    void island(int node) {
        if (from.islands_made >= options.islands || from.is_island(node)) return;
        if (!from.is_member(node) && options.keeps(ISLAND_MEMBER)) return;
        State s = from;
        s.islands_made++;
        s.islands |= only(node);
        emit(s, Action{'i', node, 0, 0});
    }

    void secretary() {
        int own = from.run_at(S);
        if (from.undos >= options.undos) return;
        for (int i = 0; i < request_count(); i++) {
            if (from.request_run[i] == NO_RUN || has(from.returned, i)) continue;
            bool asked = false;
            for (int p = 1; p <= from.length[own]; p++)
                if (from.at(own, p).kind() == UNDO_REQUEST && from.at(own, p).request() == i) asked = true;
            if (asked || !may_be_undone(from, from.disk[S], marks_of(from, from.disk[S], voter_of(i)), i)) continue;
            State s = from;
            if (!append(s, S, entry(UNDO_REQUEST, i))) continue;
            s.undos++;
            if (has(s.green, i)) s.returned |= only(i); // the ballots are handed back first
            emit(s, Action{'u', S, i, 0});
        }
    }

    // A liar writes into its own log whatever it likes, in whatever holding.
    void lies(int node) {
        std::vector<int> holds{HOLD_BY_PLAN, HOLD_INVENTED};
        for (int k = 0; k < from.stop_count; k++) holds.push_back(HOLD_BY_VIEW + k);
        for (int g = 0; g < from.give_count; g++) holds.push_back(HOLD_BY_GIVE + g);
        for (int run = 0; run < RUNS; run++)
            if (index_of(run) > 0 && from.length[run]) holds.push_back(HOLD_BY_START + run);
        for (int i = 0; i < request_count(); i++) {
            for (Kind kind : {DECISION, UNDO})
                for (int hold : holds) lie(node, entry(kind, i, hold), kind, i | hold << 2);
            lie(node, entry(WITHDRAWN, i), WITHDRAWN, i);
            lie(node, entry(ISSUED, i), ISSUED, i);
        }
        for (int voter = 0; voter < voter_count(); voter++)
            for (int table = 0; table < NODES; table++) lie(node, entry(CARD, voter, table), CARD, table << 2);
        if (from.give_count >= GIVES) return;
        for (int book = 0; book < voter_count(); book++)
            for (int hold : holds)
                for (int to = 0; to < NODES; to++) {
                    State s = from;
                    if (book_of(book) != book || !write_give(s, node, book, s.run_at(to), hold)) continue;
                    s.lies++;
                    emit(s, Action{'l', node, GIVE, to | hold << 2});
                }
    }
    void lie(int node, Entry e, Kind kind, int more) {
        State s = from;
        if (!append(s, node, e)) return;
        s.lies++;
        emit(s, Action{'l', node, kind, more});
    }

    // A start, with the clerk's answers about the device's open requests.
    void restart(int node) {
        if (!has(options.restart_at, node) || from.runs[node] >= RUNS_EACH) return;
        if (options.twin && node == TWIN && !from.old_card) return;
        State s = from;
        Mask issued = 0, withdrawn = 0;
        for (int i = 0; i < request_count(); i++) {
            if (table_of(i) != node || from.request_run[i] == NO_RUN || is_closed(node, i)) continue;
            if (!position_of_request(from, i, from.disk[node][from.request_run[i]])) {
                if (options.withdraw_unknown) withdrawn |= only(i);
                continue;
            }
            if (!options.keeps(ASK_CLERK)) continue;
            if (has(from.green, i) && !options.withdraw_all) issued |= only(i);
            else withdrawn |= only(i);
        }
        int before = from.current[node], end = from.disk[node][run_of(device_at(node), before)];
        int index = s.runs[node]++, run = run_of(node, index);
        s.current[node] = index;
        s.log[run][0] = start_entry(before, end, issued, withdrawn);
        s.length[run] = 1;
        s.disk[node][run] = 1;
        s.up |= only(node);
        emit(s, Action{'R', node, 0, 0});
    }
    bool is_closed(int node, int request) {
        for (int index = 0; index < RUNS_EACH; index++) {
            int run = run_of(node, index);
            for (int p = 1; p <= from.disk[node][run]; p++) {
                Entry e = from.at(run, p);
                if ((e.kind() == ISSUED || e.kind() == WITHDRAWN) && e.request() == request) return true;
                if (e.kind() == START && has(e.issued() | e.withdrawn(), request)) return true;
            }
        }
        return false;
    }

    void old_cards(int node) {
        if (options.twin) {
            if (node != A || from.old_card != NOT_COPIED || !from.is_up(A)) return;
            State s = from;
            s.old_card = PUT_ASIDE;
            s.disk[TWIN % NODES] = s.disk[A];
            s.current[TWIN % NODES] = s.current[A];
            emit(s, Action{'o', node, 0, 0});
            return;
        }
        if (node != options.old_card) return;
        if (from.old_card == NOT_COPIED && from.is_up(node)) {
            State s = from;
            s.old_card = PUT_ASIDE;
            s.old_disk = s.disk[node];
            s.old_current = s.current[node];
            emit(s, Action{'o', node, 0, 0});
        }
        if (from.old_card == PUT_ASIDE && !from.is_up(node)) {
            State s = from;
            s.old_card = IN_USE;
            s.disk[node] = s.old_disk;
            s.current[node] = s.old_current;
            emit(s, Action{'O', node, 0, 0});
        }
    }
};

// The rules of the protocol, each a function of the entries that a node has. Names are those of the protocol's text.
#pragma once
#include "state.hpp"
#include <algorithm>

constexpr int NO_END = 99;

// valid_views: the view with the highest number counts; a lower one counts if it lies within `knows` of every higher one that counts.
struct ValidViews {
    bool counts[STOPS];
    int highest; // its number; 0 when there is none
};
inline ValidViews valid_views(const State &s, const Vector &known) {
    ValidViews views{};
    int falling[STOPS], n = s.stop_count;
    for (int k = 0; k < n; k++) { // by falling number
        int at = k;
        for (; at > 0 && s.stop[falling[at - 1]].number < s.stop[k].number; at--) falling[at] = falling[at - 1];
        falling[at] = k;
    }
    for (int i = 0; i < n; i++) {
        const Stop &lower = s.stop[falling[i]];
        if (!s.knows_view(known, falling[i])) continue;
        bool counts = true;
        if (options.keeps(LOWER_VIEWS))
            for (int j = 0; j < i; j++)
                if (views.counts[falling[j]] && s.stop[falling[j]].view_knows[lower.author] < lower.view_position) counts = false;
        views.counts[falling[i]] = counts;
        if (counts) views.highest = std::max<int>(views.highest, lower.number);
    }
    return views;
}

// chain(book): its holdings, first to last.
struct Holding {
    int author, hold, end;
};
struct Chain {
    int length = 0;
    Holding holding[9];
    bool open = false;           // the last step waits for a view
    int pending_limit = NO_END;  // how far the last holder's entries count while a stop that names it is pending
    const Holding &last() const { return holding[length - 1]; }
    int find(int author, int hold) const {
        for (int i = 0; i < length; i++)
            if (holding[i].author == author && holding[i].hold == hold) return i;
        return -1;
    }
    bool had_device(int device) const {
        for (int i = 0; i < length; i++)
            if (device_of(holding[i].author) == device) return true;
        return false;
    }
    // Whether a decision in `hold` counts that stands at `position` of the author's log.
    bool counts(int author, int hold, int position) const {
        int i = find(author, hold);
        return i >= 0 && position <= holding[i].end && !(i == length - 1 && position > pending_limit);
    }
};

// named: the lowest valid view, newer than the one the chain last went through, that names this run; -1 if there is none.
inline int view_that_names(const State &s, const ValidViews &views, int run, int newer_than) {
    int found = -1;
    for (int k = 0; k < s.stop_count; k++)
        if (views.counts[k] && s.stop[k].names(run) && s.stop[k].number > newer_than &&
            (found < 0 || s.stop[k].number < s.stop[found].number))
            found = k;
    return found;
}
// Stops that name this run and have no view of that or a higher number: their named devices are held back beyond `knows`.
struct Pending {
    int count = 0, stop[STOPS], limit = NO_END;
};
inline Pending pending_stops(const State &s, const Vector &known, const ValidViews &views, int run) {
    Pending pending;
    for (int k = 0; k < s.stop_count; k++)
        if (s.knows_stop(known, k) && s.stop[k].number > views.highest && s.stop[k].names(run)) {
            pending.stop[pending.count++] = k;
            pending.limit = std::min<int>(pending.limit, s.stop[k].knows[run]);
        }
    return pending;
}

struct Step {
    int author = -1, hold = 0, end = NO_END;
    bool open = false;
    bool found() const { return author >= 0; }
};
// Step 1: the holder's first `give` in this holding.
inline Step step_by_give(const State &s, const Vector &known, int book, int holder, int hold, int view_limit, int pending_limit) {
    Step step;
    for (int g = 0; g < s.give_count; g++) {
        const Give &give = s.give[g];
        bool own = give.author == holder;
        if (give.book != book || give.hold != hold || known[give.author] < give.position) continue;
        if (own ? give.position > view_limit : options.keeps(AUTHORITY_GIVE)) continue;
        step.open = own && give.position > pending_limit;
        step.author = give.to;
        step.hold = HOLD_BY_GIVE + g;
        step.end = own ? give.position : NO_END;
        return step;
    }
    return step;
}
// The start in a run's log, if it is one that names `before` as the run before it.
inline bool is_start_after(const State &s, const Vector &known, int run, int before) {
    return run != before && device_of(run) == device_of(before) && index_of(run) > 0 && !is_twins_run(before) && known[run] >= 1 &&
           s.at(run, 1).kind() == START && s.at(run, 1).before() == index_of(before);
}
// Step 2: the `start` that names the holder as the run before; of two the lower name.
inline Step step_by_start(const State &s, const Vector &known, int holder, int view, const Pending &pending) {
    Step step;
    for (int i = 0; i < RUNS; i++) {
        int run = options.higher_start ? RUNS - 1 - i : i;
        if (!is_start_after(s, known, run, holder)) continue;
        int end = s.at(run, 1).end();
        if (options.start_void_beyond_end && known[holder] > end) continue;
        if (view >= 0 && s.stop[view].view_knows[run] < 1 && options.keeps(START_IN_VIEW)) continue;
        for (int k = 0; k < pending.count; k++)
            if (s.stop[pending.stop[k]].knows[run] < 1) step.open = true;
        step.author = run;
        step.hold = HOLD_BY_START + run;
        step.end = std::max<int>(end, known[holder]); // what others know beyond the end is for G2 and T, not for the chain
        return step;
    }
    return step;
}
inline Chain chain_of(const State &s, const Vector &known, int book, bool pending_left_aside = false) {
    ValidViews views = valid_views(s, known);
    Chain chain;
    int holder = run_of(options.homes[book], 0), hold = HOLD_BY_PLAN, went_through = 0;
    for (;;) {
        int view = view_that_names(s, views, holder, went_through);
        int view_limit = view >= 0 && options.keeps(VIEW_LIMIT) ? s.stop[view].view_knows[holder] : NO_END;
        Pending pending;
        if (options.keeps(HOLD_BACK) && !pending_left_aside) pending = pending_stops(s, known, views, holder);
        Step step = step_by_give(s, known, book, holder, hold, view_limit, pending.limit);
        if (!step.found()) step = step_by_start(s, known, holder, view, pending);
        if (!step.found() && view >= 0) { // Step 3
            step.author = s.stop[view].author;
            step.hold = HOLD_BY_VIEW + view;
            step.end = view_limit;
            went_through = s.stop[view].number;
        }
        chain.pending_limit = pending.limit;
        bool is_last = !step.found() || step.open || chain.length >= 7;
        chain.holding[chain.length++] = Holding{holder, hold, is_last ? NO_END : step.end};
        if (is_last) {
            chain.open = step.open || pending.count > 0;
            return chain;
        }
        holder = step.author;
        hold = step.hold;
    }
}

// mark(request): what is known about one voter's requests, each a set of requests; and the tables at which a card was scanned.
struct Marks {
    Mask granted = 0, late = 0, issued = 0, withdrawn = 0, undone = 0, undo_asked = 0, cards = 0;
    Mask marked() const { return (granted | late | issued) & ~withdrawn & ~undone; }
    Mask decided() const { return granted | issued | withdrawn; }
    bool other_than(int request) const { return (marked() & ~only(request)) || cards; }
};
inline bool is_requesters_device(int request, int run) { return device_at(table_of(request)) == device_of(run); }
// `chain` is that of the voter's book, by what is known. A pending stop takes no mark away, but it holds back an undo.
inline Marks marks_of(const State &s, const Vector &known, const Chain &chain, int voter) {
    Marks marks;
    Chain whole = chain.open ? chain_of(s, known, book_of(voter), true) : chain;
    for (int run = 0; run < RUNS; run++)
        for (int p = 1; p <= known[run]; p++) {
            Entry e = s.at(run, p);
            Kind kind = e.kind();
            if (kind == START) {
                for (int i = 0; i < request_count(); i++)
                    if (voter_of(i) == voter && is_requesters_device(i, run)) {
                        marks.issued |= e.issued() & only(i);
                        marks.withdrawn |= e.withdrawn() & only(i);
                    }
                continue;
            }
            if (kind == CARD) {
                if (e.voter() == voter) marks.cards |= only(e.device());
                continue;
            }
            if (kind != DECISION && kind != UNDO && kind != ISSUED && kind != WITHDRAWN && kind != UNDO_REQUEST) continue;
            int i = e.request();
            if (voter_of(i) != voter) continue;
            if (kind == DECISION) {
                int at = whole.find(run, e.hold());
                if (at >= 0 && p <= whole.holding[at].end) marks.granted |= only(i);
                else if (at >= 0 || whole.had_device(device_of(run))) marks.late |= only(i);
                if (at < 0 && !options.keeps(AUTHORITY_DECISION)) marks.granted |= only(i);
            } else if (kind == UNDO) {
                if (chain.counts(run, e.hold(), p) || !options.keeps(AUTHORITY_UNDO)) marks.undone |= only(i);
            } else if (kind == ISSUED) {
                if (is_requesters_device(i, run)) marks.issued |= only(i);
            } else if (kind == WITHDRAWN) {
                if (is_requesters_device(i, run) || !options.keeps(AUTHORITY_WITHDRAWN)) marks.withdrawn |= only(i);
            } else {
                marks.undo_asked |= only(i);
            }
        }
    if (!options.keeps(ISSUED_MARKS)) marks.issued = 0;
    if (options.undo_needs_request) marks.undone &= marks.undo_asked;
    marks.withdrawn &= ~marks.issued;
    return marks;
}
inline Marks marks_of(const State &s, const Vector &known, int voter) {
    return marks_of(s, known, chain_of(s, known, book_of(voter)), voter);
}

// T twin: this run knows a start of its own device which is not among those before it.
inline bool is_twin(const State &s, const Vector &known, int own) {
    if (!options.keeps(T_TWIN)) return false;
    bool before[RUNS] = {};
    before[own] = true;
    for (int run = own; index_of(run) > 0 && s.length[run] > 0;) {
        run = run_of(device_of(run), s.at(run, 1).before());
        if (before[run]) break;
        before[run] = true;
    }
    for (int run = 0; run < RUNS; run++)
        if (!before[run] && device_of(run) == device_of(own) && index_of(run) > 0 && known[run] >= 1) return true;
    return false;
}

// L link: a start is taken in only after all of the run before, up to its end.
inline bool link_holds(const State &s, const Vector &disk, int run) {
    Entry first = s.at(run, 1);
    return first.kind() != START || disk[run_of(device_of(run), first.before())] >= first.end();
}
// A vector as it is written into `knows` or shown in a head.
inline Vector as_shown(const State &s, const Vector &known) {
    Vector shown = known;
    if (options.short_vectors)
        for (int run = 0; run < RUNS; run++)
            if (known[run] >= 1 && s.at(run, 1).kind() == START) shown[run_of(device_of(run), s.at(run, 1).before())] = s.at(run, 1).end();
    return shown;
}
// L widened (causal): an entry that has `knows` is taken in only after all that it knows.
inline const Vector *knows_of(const State &s, Entry e) {
    switch (e.kind()) {
    case GIVE: return &s.give[e.index()].knows;
    case STOP: return &s.stop[e.index()].knows;
    case VIEW: return &s.stop[e.index()].view_knows;
    default: return nullptr;
    }
}
inline bool has_all_it_knows(const State &s, const Vector &disk, int run, int position) {
    const Vector *knows = knows_of(s, s.at(run, position));
    if (!knows) return true;
    for (int other = 0; other < RUNS; other++)
        if (other != run && disk[other] < (*knows)[other]) return false;
    return true;
}

// D1, D2, D3 (and T): whether this node's run may decide, give, or grant an undo in a book, by what it has read.
inline bool may_decide(const State &s, int node, const Vector &known, const Chain &chain) {
    int own = s.run_at(node);
    const Holding &last = chain.last();
    if (last.author != own || chain.open) return false; // D1
    if (is_twin(s, known, own)) return false;
    bool island_by_itself = s.is_island(node) && !options.keeps(ISLAND_MEMBER);
    if (!s.is_member(node) && options.keeps(D2_MEMBER) && !island_by_itself) return false;
    if (options.keeps(D3_KNOWS) && by_give(last.hold) && !covers(known, s.give[last.hold - HOLD_BY_GIVE].knows)) return false;
    return true;
}

// D4, second half: the run that made the request has ended (a later start), or a stop names it.
inline bool has_ended(const State &s, const Vector &known, int run) {
    for (int index = index_of(run) + 1; index < RUNS_EACH; index++)
        if (known[run_of(node_of(run), index)] >= 1) return true;
    for (int k = 0; k < s.stop_count; k++)
        if (s.knows_stop(known, k) && s.stop[k].names(run)) return true;
    return false;
}
// The same condition at the secretary's desk and at the holder.
inline bool may_be_undone(const State &s, const Vector &known, const Marks &marks, int request) {
    return has(marks.issued, request) || has_ended(s, known, s.request_run[request]) || !options.keeps(UNDO_DEAD);
}

// G2: the author's run has a start after it, known here, that says it ended before this position.
inline bool ended_before(const State &s, const Vector &known, int author, int position) {
    for (int run = 0; run < RUNS; run++)
        if (is_start_after(s, known, run, author) && s.at(run, 1).end() < position) return true;
    return false;
}
// A device's first run, as long as it is no member, is nobody yet (`first_run_member`): it asks nothing, and its copy does not count.
inline bool is_nobody_yet(const State &s, int node) {
    return options.first_run_member && has(options.spare, node) && s.current[node] == 1 && !s.is_member(node);
}
// G3: another node has a copy of the grant that one gave oneself, and knows no start that T speaks of.
inline bool another_has_copy(const State &s, int node, int own, int position) {
    for (int other = 0; other < NODES; other++)
        if (other != node && !is_nobody_yet(s, other) && s.disk[other][own] >= position && !is_twin(s, s.disk[other], own)) return true;
    return false;
}

// A view: what the stop's author must have before it writes one.
inline bool knows_higher_stop(const State &s, int k) {
    const Vector &disk = s.disk[node_of(s.stop[k].author)];
    for (int j = 0; j < s.stop_count; j++)
        if (s.stop[j].number > s.stop[k].number && s.knows_stop(disk, j)) return true;
    return false;
}
inline bool must_acknowledge(const State &s, int k, int node) {
    const Stop &stop = s.stop[k];
    const Vector &disk = s.disk[node_of(stop.author)];
    if (node == node_of(stop.author) || has(options.need_not_acknowledge, node)) return false;
    if (stop.last_named[node]) {
        if (!options.back_must_acknowledge) return false;
        for (int index = stop.last_named[node]; index < RUNS_EACH; index++)
            if (disk[run_of(node, index)] >= 1) return true;
        return false;
    }
    if (options.stop_skips_spares && has(options.spare, node) && !any_run_known(disk, node)) return false;
    return true;
}
inline bool may_write_view(const State &s, int k) {
    const Stop &stop = s.stop[k];
    if (options.keeps(HIGHER_STOP) && knows_higher_stop(s, k)) return false;
    for (int node = 0; node < NODES; node++) {
        if (!must_acknowledge(s, k, node)) continue;
        if (!has(stop.acknowledged, node)) return false;
        if (options.keeps(COVER))
            for (int run = 0; run < RUNS; run++)
                if (stop.shown[node][run]) return false; // what is not covered yet
    }
    return true;
}

// M member.
inline bool excused_by_view(const State &s, int node, int other) {
    for (int k = 0; k < s.stop_count; k++)
        if (s.knows_view(s.disk[node], k) && s.stop[k].last_named[other] &&
            last_run_known(s.disk[node], other) < s.stop[k].last_named[other])
            return true;
    return false;
}
// A genuine card is excused by the chair from all heads but a member's: the weakest reading. Others must hear every device.
inline bool must_hear_all(const State &s, int node) {
    return (options.old_card_hears_all && node == options.old_card && s.old_card == IN_USE) || has(options.hears_all, node);
}
inline bool must_hear(const State &s, int node, int other) {
    if (other == node || (options.twin && node == TWIN && other == A)) return false;
    bool excuses_named = options.named_not_heard || (options.spare_excuses_named && has(options.spare, node) && s.current[node] == 1);
    if (excuses_named && excused_by_view(s, node, other)) return false;
    if (has(options.spare, other) && !options.spares_heard && !any_run_known(s.disk[node], other)) return false;
    return true;
}

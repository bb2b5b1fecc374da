// What must hold in every state.
#pragma once
#include "rules.hpp"

inline Vector all_that_is_written(const State &s) {
    Vector all;
    for (int run = 0; run < RUNS; run++) all[run] = s.length[run];
    return all;
}
inline Vector all_disks(const State &s, int but) {
    Vector all;
    std::memset(&all, 0, sizeof all);
    for (int node = 0; node < NODES; node++)
        if (node != but) all = joined(all, s.disk[node]);
    return all;
}

// S1: no voter is shown green twice.
inline bool breaks_s1(Mask greens) {
    for (int voter = 0; voter < voter_count(); voter++) {
        int count = 0;
        for (int i = 0; i < request_count(); i++)
            if (has(greens, i) && voter_of(i) == voter) count++;
        if (count > 1) return true;
    }
    return false;
}
// S4: nothing takes a green away in the fold of all logs (or, with a card that is lost, of all disks).
inline const char *breaks_s4(const State &s, Mask greens) {
    bool lost = options.lost_card && s.old_card == IN_USE;
    Vector known = lost ? all_disks(s, NOBODY) : all_that_is_written(s);
    for (int voter = 0; voter < voter_count(); voter++) {
        Marks marks = marks_of(s, known, voter);
        if ((marks.undone | marks.withdrawn) & greens) return "S4: a green is hidden in the fold of all logs";
        if (options.check_marks)
            for (int i = 0; i < request_count(); i++)
                if (has(greens & ~marks.marked(), i) && voter_of(i) == voter && !has(marks.cards, table_of(i))) return "S4: a green is no mark in the fold of all logs";
        if (!lost) continue;
        for (int i = 0; i < request_count(); i++) {
            if (voter_of(i) != voter || !has(greens, i) || has(marks.marked(), i) || has(marks.cards, table_of(i))) continue;
            if (has(s.green_at_island, i)) continue;
            int own_copy = s.request_run[i] == NO_RUN ? 0 : s.disk[table_of(i)][s.request_run[i]];
            if (!position_of_request(s, i, own_copy)) return "S4: a green that no disk shows";
        }
    }
    return nullptr;
}
// S2: each green survives the loss of any one disk: as a mark, a card, or the own request on its table's disk.
inline bool breaks_s2(const State &s, Mask greens) {
    for (int i = 0; i < request_count(); i++) {
        int table = table_of(i);
        if (!has(greens, i) || has(s.green_at_island, i) || (s.old_card == IN_USE && table == options.old_card)) continue;
        for (int lost = 0; lost < NODES; lost++) {
            if (lost != table && position_of_request(s, i, s.disk[table][s.request_run[i]])) continue;
            Marks marks = marks_of(s, all_disks(s, lost), voter_of(i));
            if (!has(marks.marked(), i) && !has(marks.cards, table)) return true;
        }
    }
    return false;
}
// Greens that count: at honest tables, and not handed back.
inline Mask greens_of(const State &s) {
    Mask greens = s.green & ~s.returned;
    bool lies = options.lies > 0 || options.liar_stops > 0;
    for (int i = 0; i < request_count(); i++)
        if (lies && table_of(i) == options.liar) greens &= ~only(i);
    return greens;
}
inline const char *what_is_broken(const State &s) {
    Mask greens = greens_of(s);
    if (options.check_s1 && breaks_s1(greens)) return "S1: two greens";
    if (!greens) return nullptr;
    if (options.check_s4)
        if (const char *broken = breaks_s4(s, greens)) return broken;
    if (options.check_s2 && breaks_s2(s, greens)) return "S2: a green that one lost disk takes away";
    return nullptr;
}

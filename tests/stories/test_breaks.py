"""The proof that the stories can fail: each, told while the rule it tells of is broken, fails."""

import inspect
from collections.abc import Callable
from types import ModuleType

import pytest
import test_story_checkin as checkin
import test_story_handover as handover
import test_story_island as island
import test_story_late as late
import test_story_log as log
import test_story_register as register
import test_story_restart as restart
import test_story_seizure as seizure
import test_story_sight as sight
from breaks import BREAKS, OWN
from place import NOT_OFFERED, Place

from tests.simulation.mutations import broken

Story = Callable[..., None]

RED: tuple[tuple[Story, str], ...] = (
    (log.test_a_gap_is_asked_for_and_never_skipped, "log: a gap is skipped"),
    (log.test_a_gap_is_asked_for_and_never_skipped, "log: nothing is copied"),
    (log.test_what_is_lacking_comes_from_whoever_has_it, "log: only its origin is asked for a log"),
    (log.test_what_is_forged_is_refused_and_shown, "log: signatures are not looked at"),
    (log.test_what_is_forked_is_refused_and_shown, "log: old batches are not looked at"),
    (log.test_a_copied_card_stops, "log: its own longer log is not looked at"),
    (log.test_a_copied_card_is_not_trusted_again, "log: what speaks against a disk is forgotten"),
    (log.test_a_table_that_hears_of_its_longer_log_when_it_is_fresh_is_no_island, "log: who is fresh has no old disk"),
    (log.test_who_shows_more_of_a_log_than_there_is_has_no_copy_of_it, "log: who shows more of a log has a copy of it"),
    (
        log.test_a_table_whose_disk_is_in_doubt_is_fresh_when_the_chair_attests_who_doubts_it,
        "D2: a disk in doubt is helped by who is fresh",
    ),
    (log.test_who_was_attested_as_stopped_and_is_back_is_heard_again, "island: the chair's word for who claims more is enough"),
    (log.test_a_disk_that_only_its_head_tells_of_is_waited_for, "D2: who has no entry here is nobody"),
    (log.test_the_chairs_word_for_who_claims_more_makes_no_island, "island: the chair's word for who claims more is enough"),
    (
        log.test_a_table_whose_disk_was_in_doubt_is_an_island_again_once_it_was_fresh,
        "log: what speaks against a disk does so for good",
    ),
    (log.test_an_old_card_that_is_started_again_is_still_no_island, "log: what speaks against a disk is forgotten"),
    (log.test_an_old_card_that_has_grown_as_long_as_its_log_stops, "log: a fork is not shown to its author"),
    (log.test_an_old_card_whose_start_stands_where_another_stood_stops, "log: the end of a log is not looked at"),
    (log.test_an_old_card_that_heard_nothing_for_long_stops_soon_after_it_hears, "log: who is asked in vain is asked seldom"),
    (log.test_an_old_card_that_has_heard_of_its_longer_log_is_no_island, "island: on a disk that is known to be old"),
    (log.test_an_old_card_that_grows_as_long_as_what_it_heard_of_is_no_island, "island: a disk that has grown is not old"),
    (log.test_an_island_that_hears_of_its_longer_log_serves_nobody, "island: on a disk that is known to be old"),
    (log.test_a_new_disk_is_a_new_origin, "log: no other origins than those delivered"),
    (log.test_a_new_disk_is_a_new_origin, "D1: anybody decides"),
    (log.test_the_order_of_arrival_outlives_a_restart, "log: the order of arrival is not kept"),
    (checkin.test_a_voter_of_another_table, "ask: only entries are decided on"),
    (checkin.test_a_lost_ask, "ask: only asks are decided on"),
    (checkin.test_an_ask_is_answered_before_its_entry, "ask: only entries are decided on"),
    (checkin.test_an_ask_is_answered_before_its_entry, "an ask is counted as an entry"),
    (checkin.test_a_repeated_ask, "D4: decides again, or what is withdrawn"),
    (checkin.test_nothing_is_said_before_it_is_written, "log: said before it is written"),
    (checkin.test_an_own_voter_waits_for_a_copy, "G3: green with the own mark on one disk"),
    (checkin.test_a_table_with_a_voter_of_its_own_leaves_the_hurry_to_the_others, "copies: who is busy hurries too"),
    (checkin.test_three_nodes_hurry_for_an_own_voter, "copies: all hurry"),
    (checkin.test_where_the_next_three_have_no_copy_the_others_say_so, "copies: the others never say so"),
    (checkin.test_a_copy_at_one_who_knows_of_a_seal_is_not_enough, "G3: the register of the peer is not looked at"),
    (checkin.test_a_green_waits_for_what_came_before_the_decision, "log: a gap is skipped"),
    (checkin.test_a_second_ballot_is_refused, "D4: grants beside a mark"),
    (checkin.test_another_mark_that_only_the_table_knows, "G5: green beside another mark"),
    (checkin.test_a_silent_holder, "wait: the silent table is not named"),
    (checkin.test_a_silent_holder, "D4: decides again, or what is withdrawn"),
    (checkin.test_a_granted_request_is_withdrawn, "G1: the desk goes on waiting"),
    (checkin.test_a_granted_request_is_withdrawn, "undo: a withdrawn grant stays"),
    (checkin.test_a_clerk_who_cancels_and_approves_again_at_once, "ask: what its table gave up before need not be known"),
    (checkin.test_green_is_on_two_disks, "log: green before it is written"),
    (checkin.test_the_next_commit_takes_along_what_was_acted_on, "a commit leaves behind what was acted on"),
    (checkin.test_the_poll_is_opened_by_the_secretary, "open: nobody needs to know"),
    (checkin.test_the_poll_is_opened_by_the_secretary, "open: everybody may"),
    (checkin.test_a_holder_that_has_not_heard_that_the_poll_is_open_refuses, "open: the holder need not know"),
    (checkin.test_a_closed_table_decides_for_the_others, "open: a closed table rests"),
    (checkin.test_the_secretary_takes_a_mark_back, "undo: at any time"),
    (checkin.test_the_secretary_takes_a_mark_back, "undo: never"),
    (checkin.test_secretary_and_table_are_told_once_of_an_undo, "undo: told for ever"),
    (checkin.test_secretary_and_table_are_told_once_of_an_undo, "undo: never"),
    (checkin.test_an_undo_that_the_table_overtakes_is_told, "undo: what overtakes it is not told"),
    (checkin.test_the_secretary_takes_back_the_mark_of_a_table_that_has_stopped, "undo: only what was issued"),
    (checkin.test_everybody_says_the_same, "log: nothing is copied"),
    (restart.test_the_clerk_is_asked_before_anything_is_said, "the clerk is asked too late"),
    (restart.test_the_clerk_is_asked_before_anything_is_said, "restart: the clerk is not asked"),
    (restart.test_yes_makes_it_issued_and_no_other_table_serves, "issued is no mark"),
    (restart.test_who_does_not_know_leaves_it_to_the_secretary, "restart: who does not know gives the request up"),
    (restart.test_an_old_request_never_turns_green, "restart: the old request is waited for"),
    (restart.test_an_ask_without_its_entry_is_withdrawn, "restart: a grant without a request stays"),
    (
        restart.test_nothing_is_taken_back_by_a_node_that_is_not_fresh,
        "restart: a grant without a request is given up at once",
    ),
    (restart.test_a_requests_id_is_never_used_again, "restart: ids begin anew"),
    (restart.test_after_a_start_nothing_is_decided_before_the_node_is_fresh, "D2: nobody waits to be fresh"),
    (restart.test_a_head_from_before_the_start_proves_nothing, "D2: old heads prove something"),
    (
        restart.test_a_head_that_shows_another_entry_where_the_start_stands_proves_nothing,
        "D2: a head need not show which start it has",
    ),
    (restart.test_fresh_is_who_has_all_that_a_fresh_node_showed, "D2: fresh before it has what the head showed"),
    (restart.test_a_node_is_fresh_by_what_is_on_its_disk, "memory: fresh by what is only there"),
    (restart.test_all_start_and_one_is_missing, "D2: nobody waits to be fresh"),
    (restart.test_all_start_and_one_is_missing, "D2: heads from before the attestation"),
    (restart.test_all_start_and_one_is_missing, "G4: green without being fresh"),
    (restart.test_all_who_are_missing_are_named_in_one_start, "D2: attested one after the other"),
    (restart.test_the_missing_tables_cards_are_scanned_again, "D2: attested without cards"),
    (
        restart.test_cards_that_were_scanned_count_though_nothing_hangs_on_the_start_any_more,
        "D2: cards count only with a start",
    ),
    (restart.test_a_locked_node_does_nothing_and_unlocking_is_a_start, "lock: the screen only"),
    (restart.test_a_locked_node_does_nothing_and_unlocking_is_a_start, "lock: unlocking is no start"),
    (restart.test_a_lock_outlives_a_restart, "lock: a restart ends it"),
    (sight.test_who_is_heard_by_nobody_says_so, "sight: nobody knows that nobody hears him"),
    (sight.test_the_secretarys_node_says_that_nobody_hears_it, "sight: nobody knows that nobody hears him"),
    (sight.test_who_is_heard_by_one_is_heard, "sight: who is not heard by one is unheard"),
    (sight.test_who_hears_nobody_is_told_of_by_the_others, "sight: who hears nobody is like the others"),
    (sight.test_a_node_that_has_just_started_is_heard, "sight: who is not heard by one is unheard"),
    (sight.test_heads_that_come_late_are_no_one_way_cable, "sight: who is not heard by one is unheard"),
    (sight.test_who_is_heard_by_nobody_becomes_an_island, "sight: nobody knows that nobody hears him"),
    (sight.test_who_is_heard_by_nobody_becomes_an_island, "island: ends never"),
    (sight.test_who_is_heard_by_nobody_starts_and_becomes_an_island, "island: never"),
    (sight.test_an_unheard_island_that_hears_of_a_seal_holds_back, "D1: the holder goes on under a seal"),
    (
        sight.test_who_hears_of_more_of_the_register_than_it_has_becomes_no_island,
        "sight: an island need not know of the register",
    ),
    (sight.test_a_clock_that_is_ahead_is_told_until_it_is_right, "clock: compared with the own log only"),
    (sight.test_a_clock_that_is_ahead_is_told_until_it_is_right, "clock: compared with any other"),
    (sight.test_a_clock_that_is_behind_is_told_until_it_is_right, "clock: nobody looks at it"),
    (sight.test_one_wrong_clock_among_three_is_the_one_that_is_told, "clock: compared with any other"),
    (sight.test_who_sees_nobody_compares_with_its_own_log, "clock: nobody looks at it"),
    (sight.test_a_silent_nodes_clock_is_told_as_it_was_last, "clock: who is silent has none"),
    (sight.test_an_old_head_is_no_wrong_clock, "clock: any head tells it"),
    (sight.test_a_locked_table_is_called_locked, "locked: like silent"),
    (sight.test_a_locked_table_is_called_locked_by_who_starts_later, "locked: the logs do not tell"),
    (sight.test_a_table_that_has_started_since_is_not_locked, "locked: for good"),
    (sight.test_a_seizure_names_who_is_locked, "locked: like silent"),
    (island.test_who_reaches_nobody_says_so, "island: nobody seen is not noticed"),
    (island.test_only_who_reaches_nobody_becomes_an_island, "island: on the chair's word alone"),
    (island.test_an_island_serves_its_own_book, "island: two disks all the same"),
    (island.test_an_island_serves_its_own_book, "island: others' voters too"),
    (island.test_an_island_serves_its_own_book, "island: says nothing of what is not copied"),
    (island.test_an_island_never_decides_in_the_register, "D2: an island decides in the register"),
    (island.test_island_mode_ends_by_itself, "island: ends never"),
    (island.test_island_mode_does_not_end_before_its_entries_are_copied, "island: ends at the first head"),
    (island.test_islands_that_meet_without_the_secretary_go_on_together, "D2: nothing is attested on an island"),
    (island.test_a_restart_ends_island_mode, "island: outlives a restart"),
    (island.test_a_restart_ends_island_mode, "island: never"),
    (island.test_an_island_that_is_fresh_counts_as_fresh, "island: is not fresh for others"),
    (island.test_a_place_with_one_node_is_an_island_for_good, "island: one node is like many"),
    (handover.test_a_handover, "D1: anybody decides"),
    (handover.test_a_book_is_given_back, "handover: it counts for nothing"),
    (handover.test_an_undecided_request_goes_with_the_book, "handover: old requests stay undecided"),
    (handover.test_until_the_heir_has_heard_of_it_nobody_decides, "handover: it counts for nothing"),
    (handover.test_nothing_is_shown_on_a_handover_that_is_not_on_disk, "handover: it need not be on disk"),
    (handover.test_only_the_holder_hands_over, "handover: anybody may"),
    (seizure.test_a_book_is_taken_from_a_stopped_table, "seal: nobody may"),
    (seizure.test_who_does_not_answer_holds_the_seizure_up_and_is_named, "seal: nobody need answer"),
    (seizure.test_a_stopped_table_that_is_back_must_answer, "seal: who is back need not answer"),
    (seizure.test_a_seizure_begun_again, "seal: every seal's answers"),
    (seizure.test_a_seizure_begun_again, "seal: a new epoch each time"),
    (seizure.test_a_seal_is_finished_and_the_book_given_back, "D1: the holder goes on under a seal"),
    (seizure.test_under_a_seal_a_later_grant_is_held_back, "G2: a pending seal holds nothing back"),
    (seizure.test_under_a_seal_a_later_refusal_is_held_back, "G2: a refusal is shown at once"),
    (seizure.test_what_a_table_had_before_the_seal_it_may_act_on, "G2: what came before the seal is held back too"),
    (seizure.test_under_a_seal_a_later_handover_is_held_back, "G2: a handover is never held back"),
    (seizure.test_under_a_seal_a_later_handover_is_held_back, "cut: a handover within it is not looked at"),
    (seizure.test_the_cut_is_the_most_that_anybody_had, "seize: the cut is what its writer had"),
    (seizure.test_a_book_is_not_taken_before_everything_within_the_cut_is_there, "seal: nothing is fetched"),
    (seizure.test_past_the_cut_nothing_counts, "cut: there is none"),
    (seizure.test_the_heir_has_the_whole_history_first, "D3: without the old holder's log"),
    (seizure.test_the_heir_has_the_answers_first, "D3: without the answers' logs"),
    (seizure.test_a_card_that_is_found_beside_an_undo_stands, "cards: found ones are nothing"),
    (
        seizure.test_a_request_made_after_its_table_was_attested_as_stopped_is_not_taken_back,
        "undo: a request's name tells of no start",
    ),
    (
        seizure.test_the_heir_needs_what_tells_of_the_cards_that_were_found,
        "seize: the heir need not know of the cards that others found",
    ),
    (seizure.test_an_undecided_request_is_the_heirs, "handover: old requests stay undecided"),
    (seizure.test_a_withdrawn_grant_is_no_mark_for_the_heir, "undo: a withdrawn grant stays"),
    (seizure.test_a_book_that_goes_and_comes_back_at_once, "D4: not again by who holds the book again"),
    (seizure.test_the_screen_lists_what_is_to_be_scanned_again, "cards: requests are not listed"),
    (seizure.test_the_screen_lists_what_is_to_be_scanned_again, "cards: told by the stopped table's clock"),
    (seizure.test_the_chair_goes_on_without_a_card, "cards: those left out are not counted"),
    (late.test_a_card_found_at_the_stopped_table_marks_the_voter, "cards: found ones are nothing"),
    (late.test_a_found_card_is_matched_with_its_own_tables_mark, "cards: found ones match none"),
    (late.test_a_found_card_is_no_other_tables_mark, "cards: found ones match all"),
    (late.test_a_card_that_was_not_scanned_makes_a_conflict_that_all_show, "conflict: not looked for"),
    (late.test_a_node_that_comes_back_first_catches_up, "D1: anybody decides"),
    (late.test_a_late_grant_blocks_other_requests, "late entries are no marks"),
    (late.test_a_late_grant_does_not_block_its_own_request, "late: a grant blocks its own request"),
    (register.test_only_the_assistant_takes_the_register, "register: anybody takes it"),
    (register.test_only_the_assistant_takes_the_register, "register: nobody takes it"),
    (register.test_a_seal_of_the_register_by_another_node_is_nothing, "register: anybody takes it"),
    (
        register.test_a_seal_for_an_epoch_of_the_register_that_nobody_knows_stops_nothing,
        "register: an unknown epoch holds everything back",
    ),
    (register.test_a_seal_for_an_epoch_of_the_register_that_nobody_knows_stops_nothing, "register: all its entries count"),
    (register.test_who_does_not_know_who_holds_the_register_has_not_answered, "seal: its author's right need not be known"),
    (register.test_the_register_is_taken_only_while_its_holder_is_stopped, "register: taken from a node that is not stopped"),
    (register.test_the_assistant_takes_books_then, "cards: found ones are nothing"),
    (register.test_a_seizure_that_the_secretary_began_is_finished_by_the_assistant, "seal: a new epoch each time"),
    (
        register.test_what_an_earlier_disk_of_the_assistants_did_unheard_is_nothing,
        "register: what the assistant's earlier disk has written counts",
    ),
    (register.test_a_seal_that_a_handover_has_overtaken_is_finished_by_the_heir, "register: its holder finishes no seal"),
    (register.test_what_is_written_in_the_register_past_its_cut_is_void, "register: all its entries count"),
    (register.test_under_a_seal_of_the_register_its_later_entries_are_held_back, "register: nothing is held back"),
)


def stories_of(*modules: ModuleType) -> set[Story]:
    return {
        told for module in modules for name, told in inspect.getmembers(module, inspect.isfunction) if name.startswith("test_")
    }


@pytest.mark.parametrize(("story", "rule"), RED, ids=[f"{rule} - {story.__name__[5:]}" for story, rule in RED])
def test_a_story_fails_when_its_rule_is_broken(story: Story, rule: str) -> None:
    """The morning is as it should be; then the rule is broken, and the story is told."""
    asks_for = inspect.signature(story).parameters
    for told in [{"lost": "T2"}, {"lost": "T3"}] if "lost" in asks_for else [{}]:
        given = told | ({"place": Place().morning()} if "place" in asks_for else {})
        with broken(*BREAKS[rule]), pytest.raises((AssertionError, pytest.fail.Exception, *NOT_OFFERED)):
            story(**given)


def test_every_story_and_every_break_is_here() -> None:
    """A new story needs a rule that it fails without."""
    stories = stories_of(log, checkin, restart, island, handover, seizure, late, register, sight)
    assert stories == {story for story, _ in RED}
    assert {rule for _, rule in RED} >= OWN.keys()

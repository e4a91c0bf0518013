//! The behaviours of etcd's [raft_paper_test.go](https://github.com/etcd-io/raft/blob/main/raft_paper_test.go) for this Raft,
//! under their names, each with the sentences of the paper that it is about: Diego Ongaro and John Ousterhout, *In Search of an
//! Understandable Consensus Algorithm (Extended Version)*, 2014. All 26, by section:
//!
//! | where | which |
//! | --- | --- |
//! | `terms`, §5.1 | `follower_update_term_from_message`, `candidate_update_term_from_message`, `leader_update_term_from_message`, `reject_stale_term_message` |
//! | `election`, §5.2 | `start_as_follower`, `leader_bcast_beat`, `follower_start_election`, `candidate_start_new_election`, `leader_election_in_one_round_rpc`, `follower_vote`, `candidate_fallback` |
//! | `timeouts`, §5.2 | `follower_election_timeout_randomized`, `candidate_election_timeout_randomized`, `followers_election_timeout_nonconflict`, `candidates_election_timeout_nonconflict` |
//! | `replication`, §5.3 | `leader_start_replication`, `leader_commit_entry`, `leader_acknowledge_commit`, `leader_commit_preceding_entries`, `follower_commit_entry`, `follower_check_msg_app`, `follower_append_entries`, `leader_sync_follower_log` |
//! | `replication`, §5.4 | `vote_request`, `voter`, `leader_only_commits_log_from_current_term` |
//!
//! Where this Raft does something else than etcd's, the test says what and why.
//!
//! The scenarios of etcd's raft_test.go are here (`scenarios`, `snapshots`) or with the unit tests of `src/raft/tests`, under
//! etcd's names wherever the scenario is the same:
//!
//! | scenario | test |
//! | --- | --- |
//! | duelling candidates | unit `prevote::dueling_candidates`, `prevote::dueling_pre_candidates` |
//! | overwriting newer logs | `scenarios::leader_election_overwrite_newer_logs`, `…_pre_vote` |
//! | old messages | `scenarios::old_messages`; unit `replication::a_late_or_repeated_append_changes_nothing` |
//! | reordered appends | unit `replication::appends_that_overtake_each_other_are_put_right`, `replication::a_late_refusal_does_not_undo_what_is_known_to_match` |
//! | superseding with check-quorum | unit `quorum_check::leader_superseding_with_check_quorum`, `quorum_check::leader_election_with_check_quorum` |
//! | stuck candidates with check-quorum | unit `quorum_check::free_stuck_candidate_with_check_quorum`; `scenarios::non_promotable_voter_with_check_quorum` |
//! | stepping down | unit `quorum_check::leader_stepdown_when_quorum_active`, `quorum_check::leader_stepdown_when_quorum_lost` |
//! | disruptive followers | unit `quorum_check::disruptive_follower`, `quorum_check::disruptive_follower_pre_vote`, `quorum_check::pre_vote_with_check_quorum` |
//! | split votes, smaller terms | unit `prevote::pre_vote_with_split_vote`, `prevote::node_with_smaller_term_can_complete_election` |
//! | safe and lease reads | unit `reads::read_only_option_safe`, `reads::read_only_option_lease`; `scenarios::read_only_with_learner` |
//! | reads by a new leader | unit `reads::read_only_for_new_leader` |
//! | transfer of leadership | unit `transfer::leader_transfer_…`: `to_up_to_date_node`, `to_up_to_date_node_from_follower`, `with_check_quorum`, `to_slow_follower`, `after_snapshot`, `to_self`, `to_non_existing_node`, `timeout`, `ignore_proposal`, `receive_higher_term_vote`, `remove_node`, `demote_node`, `back`, `second_transfer_to_another_node`, `second_transfer_to_same_node` |
//! | restore from snapshot | `snapshots::restore`, `restore_voter_to_learner`, `restore_learner_promotion`, `slow_node_restore`; unit `snapshot::restore_from_snapshot_…`, `snapshot::restore_ignores_…`, `snapshot::restore_discards_…` |
//! | learners | unit `membership::learners_do_not_stand_for_election`, `learners_answer_a_candidate_…`, `learners_receive_the_log_and_count_for_nothing`, `learners_become_voters_when_they_have_caught_up`; `scenarios::learner_promotion`, `snapshots::learner_receive_snapshot` |
//!
//! Left out, because there is no such thing here: a follower that forwards proposals and reads (it names the leader instead), and
//! the byte limits of etcd's flow control.

mod cluster;
mod election;
mod replication;
mod scenarios;
mod snapshots;
mod terms;
mod timeouts;

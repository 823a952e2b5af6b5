//! The promises of the pipeline, one file each, on a real RabbitMQ and a real Postgres.
//!
//! `make test` brings the servers up. Each test has its own vhost and database, and kills what it likes;
//! those that kill a server have one of their own.

mod documents;

mod a_broker_down_for_a_minute_costs_no_request;
mod a_broker_out_of_reach_loses_nothing;
mod a_broker_restarted_under_load_never_gives_a_5xx;
mod a_broker_that_restarts_or_blocks_costs_no_request;
mod a_broker_that_swallows_everything_loses_nothing;
mod a_deleted_queue_is_declared_again;
mod a_full_queue_fills_the_spool_and_loses_nothing;
mod a_gateway_killed_with_a_spool_loses_nothing;
mod a_queue_full_of_large_bodies_is_drained_in_bounded_memory;
mod a_refused_body_is_kept_as_a_dead_letter;
mod a_short_chaos_loses_nothing;
mod a_worker_frozen_and_continued_stores_nothing_twice;
mod a_worker_killed_in_the_middle_loses_and_repeats_nothing;
mod an_alert_posted_is_stored_normalized_with_its_indicators;
mod an_alert_sent_again_is_an_occurrence;
mod bad_input_gets_its_code_in_the_designed_shape;
mod one_bad_document_is_dead_lettered_alone;
mod postgres_away_loses_nothing_and_holds_the_work;
mod postgres_in_recovery_loses_nothing_and_the_work_goes_on;
mod shutdown_loses_nothing;
mod slow_and_large_senders_leave_memory_bounded;
mod ten_thousand_alerts_over_64_connections_are_all_202_and_stored_once;

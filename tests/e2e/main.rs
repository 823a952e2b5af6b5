//! The promises of the pipeline, one file each, on a real RabbitMQ and a real Postgres.
//!
//! `make test` brings the servers up. Each test has its own vhost and database, and kills what it likes.

mod documents;

mod a_broker_down_for_a_minute_costs_no_request;
mod a_broker_out_of_reach_loses_nothing;
mod a_broker_that_swallows_everything_loses_nothing;
mod a_full_queue_fills_the_spool_and_loses_nothing;
mod a_gateway_killed_with_a_spool_loses_nothing;
mod a_queue_full_of_large_bodies_is_drained_in_bounded_memory;
mod a_refused_body_is_kept_as_a_dead_letter;
mod a_worker_killed_in_the_middle_loses_and_repeats_nothing;
mod an_alert_posted_is_stored_normalized_with_its_indicators;
mod an_alert_sent_again_is_an_occurrence;
mod bad_input_gets_its_code_in_the_designed_shape;
mod one_bad_document_is_dead_lettered_alone;
mod postgres_away_loses_nothing_and_holds_the_work;
mod shutdown_loses_nothing;
mod ten_thousand_alerts_over_64_connections_are_all_202_and_stored_once;

//! The back office as the contract has it, with the types it reads and writes.

use calseta_worker::dead_letters::{Letter, RunRecord, Trial};
use utoipa::openapi::HttpMethod::{Delete, Get, Patch, Post, Put};

use super::{
    changes::{Discard, Discarded},
    conditions::Conditions,
    extraction::{Test, Tested},
    mapping_shape::{Changed, Listed, Shown, Wanted},
    replays::{self, How, Pace},
};
use crate::{
    error::Code,
    keys::Scope,
    openapi::{Contract, Described, any, bytes},
};

/// Adds the paths.
pub(crate) fn describe(contract: &mut Contract) {
    letters(contract);
    changes(contract);
    runs(contract);
    mappings(contract);
}

fn admin(summary: &str) -> Described {
    Described::keyed(Scope::Admin, summary).refuses(&[Code::NotFound])
}

fn asking(summary: &str) -> Described {
    let described = admin(summary).asks::<Conditions>();
    described
        .asks_for(
            "status",
            "`open`, `resolved`, `discarded` or `any`; `open` when left out",
            false,
        )
        .refuses(&[Code::InvalidPayload])
}

fn letters(contract: &mut Contract) {
    let letter = contract.schema::<Letter>();
    let listed = asking("Lists dead letters, the youngest first")
        .asks_for("limit", "1 to 500, 50 when left out", false)
        .asks_for("cursor", "`meta.next_cursor` of the page before", false)
        .gives_list("A page", letter.clone());
    contract.add(Get, "/v1/dead-letters", listed);
    let exported = asking("Exports dead letters with their bodies").gives_content(
        200,
        "One JSON object a line",
        ("application/x-ndjson", any()),
    );
    contract.add(Get, "/v1/dead-letters/export", exported);
    let shown = admin("Shows a dead letter").gives_data(200, "Its facts", letter);
    contract.add(Get, "/v1/dead-letters/{id}", shown);
    let body = admin("Shows the body of a dead letter").gives_content(
        200,
        "The body, byte for byte",
        ("application/octet-stream", bytes()),
    );
    contract.add(Get, "/v1/dead-letters/{id}/body", body);
}

fn changes(contract: &mut Contract) {
    let (letter, discard) = (contract.schema::<Letter>(), contract.schema::<Discard>());
    let discarded = contract.schema::<Discarded>();
    let edited = admin("Replaces the body of an open dead letter")
        .asks_for("why", "For the audit", true)
        .takes_content("*/*", bytes())
        .gives_data(200, "Its facts", letter)
        .refuses(&[Code::InvalidJson, Code::InvalidPayload]);
    contract.add(Put, "/v1/dead-letters/{id}/body", edited);
    let given_up = admin("Gives open dead letters up")
        .takes(discard)
        .gives_data(200, "How many", discarded);
    contract.add(Post, "/v1/dead-letters/discard", given_up);
}

fn runs(contract: &mut Contract) {
    let (run, trial) = (contract.schema::<RunRecord>(), contract.schema::<Trial>());
    let starts = |summary: &str| {
        admin(summary)
            .gives_data(200, "What a dry run found", trial.clone())
            .gives_data(202, "The run, on its way", run.clone())
    };
    let one = starts("Replays a dead letter").takes(contract.schema::<How>());
    contract.add(Post, "/v1/dead-letters/{id}/replay", one);
    let many = starts("Replays open dead letters").takes(contract.schema::<replays::Wanted>());
    contract.add(Post, "/v1/dead-letters/replays", many);
    let listed = admin("Lists runs, edits and discards, the youngest first")
        .asks_for("limit", "1 to 500, 50 when left out", false)
        .asks_for("cursor", "`meta.next_cursor` of the page before", false)
        .gives_list("A page", run.clone())
        .refuses(&[Code::InvalidPayload]);
    contract.add(Get, "/v1/dead-letters/replays", listed);
    let shown = admin("Shows a run").gives_data(200, "How far it is", run.clone());
    contract.add(Get, "/v1/dead-letters/replays/{run}", shown);
    let resumed = admin("Goes on with an interrupted run")
        .takes(contract.schema::<Pace>())
        .gives_data(202, "The run, on its way", run);
    contract.add(Post, "/v1/dead-letters/replays/{run}/resume", resumed);
}

fn mappings(contract: &mut Contract) {
    let (shown, wanted) = (contract.schema::<Shown>(), contract.schema::<Wanted>());
    let (changed, path) = (contract.schema::<Changed>(), "/v1/indicator-mappings");
    let listed = admin("Lists field mappings")
        .asks::<Listed>()
        .gives_list("A page", shown.clone())
        .refuses(&[Code::InvalidPayload]);
    contract.add(Get, path, listed);
    let made =
        admin("Makes a field mapping")
            .takes(wanted)
            .gives_data(201, "The mapping", shown.clone());
    contract.add(Post, path, made);
    let built_in = admin("Lists the built-in fields").gives_list("All of them", shown.clone());
    contract.add(Get, "/v1/indicator-mappings/source-plugin-fields", built_in);
    let (test, tested) = (contract.schema::<Test>(), contract.schema::<Tested>());
    let tried = admin("Shows what a document would give, pass by pass")
        .takes(test)
        .gives_data(200, "What it gave; nothing is stored", tested);
    contract.add(Post, "/v1/indicator-mappings/test-extraction", tried);
    let path = "/v1/indicator-mappings/{uuid}";
    let one = admin("Shows a field mapping").gives_data(200, "The mapping", shown.clone());
    contract.add(Get, path, one);
    let patched =
        admin("Changes a field mapping")
            .takes(changed)
            .gives_data(200, "The mapping", shown);
    contract.add(Patch, path, patched);
    let deleted = admin("Deletes a field mapping").gives_nothing("It is gone");
    contract.add(Delete, path, deleted);
}

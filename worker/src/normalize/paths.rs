//! Every path a document is normalized from, written once. A rule has the same fields wherever it is: under
//! `kibana.alert.rule`, in its parameters, under `signal.rule`, or as an object of its own.

use crate::fields::{CatalogBuilder, PathError, PathId, Want};

macro_rules! paths {
    ($(#[$doc:meta])* $name:ident { $($field:ident = $want:ident $path:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(super) struct $name { $(pub(super) $field: PathId,)+ }

        impl $name {
            /// Wants every field below a prefix, which is empty or ends with a dot.
            pub(super) fn register(builder: &mut CatalogBuilder, prefix: &str) -> Result<Self, PathError> {
                Ok(Self { $($field: builder.want(&format!("{prefix}{}", $path), Want::$want)?,)+ })
            }
        }
    };
}

paths! {
    /// What a document has once.
    DocumentPaths {
        uuid = Scalars "kibana.alert.uuid",
        document_id = Scalars "_id",
        severity = Scalars "kibana.alert.severity",
        risk_score = Scalars "kibana.alert.risk_score",
        reason = Scalars "kibana.alert.reason",
        signal_reason = Scalars "signal.reason",
        timestamp = Scalars "@timestamp",
        plain_timestamp = Scalars "timestamp",
        job_id = Scalars "job_id",
        start = Scalars "kibana.alert.start",
        original_time = Scalars "kibana.alert.original_time",
        signal_original_time = Scalars "signal.original_time",
        workflow_status = Scalars "kibana.alert.workflow_status",
        signal_status = Scalars "signal.status",
        workflow_tags = Scalars "kibana.alert.workflow_tags",
        building_block = Scalars "kibana.alert.building_block_type",
        original_action = Scalars "kibana.alert.original_event.action",
        signal_action = Scalars "signal.original_event.action",
        action = Scalars "event.action",
        original_outcome = Scalars "kibana.alert.original_event.outcome",
        signal_outcome = Scalars "signal.original_event.outcome",
        outcome = Scalars "event.outcome",
        event_kind = Scalars "event.kind",
        event_module = Scalars "event.module",
        event_severity = Scalars "event.severity",
        event_risk_score = Scalars "event.risk_score",
        agent_type = Scalars "agent.type",
        data_set = Scalars "data_stream.dataset",
        message = Scalars "message",
        ecs_rule_name = Scalars "rule.name",
        status = Scalars "kibana.alert.status",
        space = Scalars "kibana.space_ids",
        url = Scalars "kibana.alert.url",
        kibana_version = Scalars "kibana.version",
        parameters = Scalars "kibana.alert.rule.parameters",
        discovery_title = Scalars "kibana.alert.attack_discovery.title",
        discovery_title_plain = Scalars "kibana.alert.attack_discovery.title_with_replacements",
        discovery_summary = Scalars "kibana.alert.attack_discovery.summary_markdown",
        discovery_summary_plain = Scalars "kibana.alert.attack_discovery.summary_markdown_with_replacements",
        discovery_tactics = Scalars "kibana.alert.attack_discovery.mitre_attack_tactics",
    }
}

impl DocumentPaths {
    /// The original event's action, then the one copied to the alert.
    pub(super) const fn actions(&self) -> [PathId; 3] {
        [self.original_action, self.signal_action, self.action]
    }

    /// The original event's outcome, then the one copied to the alert.
    pub(super) const fn outcomes(&self) -> [PathId; 3] {
        [self.original_outcome, self.signal_outcome, self.outcome]
    }
}

paths! {
    /// What a rule has once.
    RulePaths {
        id = Scalars "id",
        uuid = Scalars "uuid",
        rule_id = Scalars "rule_id",
        name = Scalars "name",
        kind = Scalars "type",
        rule_type_id = Scalars "rule_type_id",
        version = Scalars "version",
        description = Scalars "description",
        severity = Scalars "severity",
        risk_score = Scalars "risk_score",
        tags = Scalars "tags",
        building_block = Scalars "building_block_type",
    }
}

paths! {
    /// A threat block.
    BlockPaths {
        framework = Scalars "framework",
        tactic_id = Scalars "tactic.id",
        tactic_name = Scalars "tactic.name",
        tactic_reference = Scalars "tactic.reference",
        techniques = Objects "technique",
        technique_id = Scalars "technique.id",
        technique_name = Scalars "technique.name",
        technique_reference = Scalars "technique.reference",
        subtechniques = Objects "technique.subtechnique",
        subtechnique_id = Scalars "technique.subtechnique.id",
        subtechnique_name = Scalars "technique.subtechnique.name",
        subtechnique_reference = Scalars "technique.subtechnique.reference",
    }
}

/// Threat blocks: the objects one by one, and what all of them have together, for those that come as flat lists.
#[derive(Debug)]
pub(super) struct ThreatPaths {
    pub(super) blocks: PathId,
    pub(super) flat: BlockPaths,
}

impl ThreatPaths {
    fn register(builder: &mut CatalogBuilder, path: &str) -> Result<Self, PathError> {
        let blocks = builder.want(path, Want::Objects)?;
        Ok(Self {
            blocks,
            flat: BlockPaths::register(builder, &format!("{path}."))?,
        })
    }
}

/// A place that holds a rule.
#[derive(Debug)]
pub(super) struct RuleSource {
    pub(super) rule: RulePaths,
    pub(super) threat: ThreatPaths,
}

impl RuleSource {
    /// Wants a rule below a prefix, which is empty or ends with a dot.
    pub(super) fn register(builder: &mut CatalogBuilder, prefix: &str) -> Result<Self, PathError> {
        let threat = ThreatPaths::register(builder, &format!("{prefix}threat"))?;
        Ok(Self {
            rule: RulePaths::register(builder, prefix)?,
            threat,
        })
    }
}

/// All that is wanted of a document.
#[derive(Debug)]
pub(super) struct Paths {
    pub(super) document: DocumentPaths,
    pub(super) kibana: RuleSource,
    pub(super) signal: RuleSource,
    pub(super) parameters: RuleSource,
    /// The event's own threat.
    pub(super) ecs_threat: ThreatPaths,
}

impl Paths {
    pub(super) fn register(builder: &mut CatalogBuilder) -> Result<Self, PathError> {
        Ok(Self {
            document: DocumentPaths::register(builder, "")?,
            kibana: RuleSource::register(builder, "kibana.alert.rule.")?,
            signal: RuleSource::register(builder, "signal.rule.")?,
            parameters: RuleSource::register(builder, "kibana.alert.rule.parameters.")?,
            ecs_threat: ThreatPaths::register(builder, "threat")?,
        })
    }
}

//! Which fields become indicators: the one table, for analysts to read and to change. `calseta-worker
//! fields` prints it. A path is found dotted, nested, split and through arrays; `*` is any one name.
//!
//! Left out on purpose: recipients of mail, `related.*`, `observer.*` and `user.domain` (they repeat
//! others or name one's own), certificate and code-signing digests, JA3, import hashes, call stacks,
//! policy artifacts, documentation links. Of one's own side only `host.ip` is here, with its role.

use super::row::{Field, digests, rows};
use crate::indicator::Role;

const ADDRESSES: &[Field] = rows! {
    "source.ip" Ip Source;
    "source.address" Address Source;
    "source.nat.ip" Ip Source;
    "client.ip" Ip Source;
    "client.address" Address Source;
    "client.nat.ip" Ip Source;
    "destination.ip" Ip Destination;
    "destination.address" Address Destination;
    "destination.nat.ip" Ip Destination;
    "server.ip" Ip Destination;
    "server.address" Address Destination;
    "server.nat.ip" Ip Destination;
    "network.forwarded_ip" Ip Source "the client behind a proxy";
    "process.entry_leader.entry_meta.source.ip" Ip Source "where the session was opened from";
    "host.ip" Ip Host "the monitored host itself, filter by role or scope";
    "dns.resolved_ip" Ip Dns;
    "dns.answers.data" Address Dns "text records are dropped";
    "threat.indicator.ip" Ip ThreatIntel;
    "threat.enrichments.indicator.ip" Ip ThreatIntel;
    "threatintel.indicator.ip" Ip ThreatIntel "Filebeat before 7.14";
    "winlog.event_data.IpAddress" Ip Source;
    "winlog.event_data.SourceIp" Ip Source;
    "winlog.event_data.ClientAddress" Ip Source;
    "winlog.event_data.DestinationIp" Ip Destination;
    "okta.client.ip" Ip Source;
    "azure.signinlogs.properties.ip_address" Ip Source;
    "o365.audit.ClientIP" Ip Source "often with a port";
    "o365.audit.ActorIpAddress" Ip Source;
    "auditd.data.addr" Address Source;
    "auditd.data.hostname" Address Source;
    "suricata.eve.src_ip" Ip Source;
    "suricata.eve.dest_ip" Ip Destination;
};

const DOMAINS: &[Field] = rows! {
    "source.domain" Domain Source "often a NetBIOS name, which is dropped";
    "client.domain" Domain Source;
    "destination.domain" Domain Destination;
    "destination.registered_domain" Domain Destination;
    "server.domain" Domain Destination;
    "tls.client.server_name" Domain Destination "the name asked for, SNI";
    "tls.server.x509.alternative_names" Domain Destination "a wildcard is its domain";
    "tls.server.x509.subject.common_name" Domain Destination;
    "dns.question.name" Domain Dns;
    "dns.question.registered_domain" Domain Dns;
    "dns.answers.name" Domain Dns;
    "url.domain" Domain Url "an address when the URL has one for its host";
    "url.registered_domain" Domain Url;
    "threat.indicator.domain" Domain ThreatIntel "before ECS 1.11";
    "threat.indicator.url.domain" Domain ThreatIntel;
    "threat.enrichments.indicator.domain" Domain ThreatIntel;
    "threat.enrichments.indicator.url.domain" Domain ThreatIntel;
    "threatintel.indicator.domain" Domain ThreatIntel;
    "threatintel.indicator.url.domain" Domain ThreatIntel;
};

const URLS: &[Field] = rows! {
    "url.full" Url Url;
    "url.original" UrlOrPath Url "a path alone is dropped";
    "http.request.referrer" UrlOrPath Url;
    "threat.indicator.url.full" Url ThreatIntel;
    "threat.indicator.url.original" UrlOrPath ThreatIntel;
    "threat.enrichments.indicator.url.full" Url ThreatIntel;
    "threat.enrichments.indicator.url.original" UrlOrPath ThreatIntel;
    "threatintel.indicator.url.full" Url ThreatIntel;
};

const DIGESTS: &[Field] = digests! {
    "file.hash" File;
    "file.Ext.original.hash" File;
    "dll.hash" File;
    "email.attachments.file.hash" Email;
    "process.hash" Process;
    "process.parent.hash" Process;
    "process.Ext.dll.hash" File;
    "process.Ext.api.*.hash" File;
    "Target.process.hash" Process;
    "Effective_process.hash" Process;
    "Events.process.hash" Process;
    "Events.file.hash" File;
    "Events.dll.hash" File;
    "threat.indicator.file.hash" ThreatIntel;
    "threat.enrichments.indicator.file.hash" ThreatIntel;
    "threatintel.indicator.file.hash" ThreatIntel;
};

const OTHER_DIGESTS: &[Field] = rows! {
    "winlog.event_data.Hashes" DigestList File "Sysmon, IMPHASH is passed over";
};

const EMAILS: &[Field] = rows! {
    "email.from.address" Email Email;
    "email.sender.address" Email Email;
    "email.reply_to.address" Email Email;
    "user.email" Email User;
    "user.target.email" Email User;
    "user.effective.email" Email User;
    "source.user.email" Email User;
    "client.user.email" Email User;
    "destination.user.email" Email User;
    "threat.indicator.email.address" Email ThreatIntel;
    "threat.enrichments.indicator.email.address" Email ThreatIntel;
};

const ACCOUNTS: &[Field] = rows! {
    "user.name" Account User "a mail address is an email too";
    "user.id" AccountId User "SIDs of users, ARNs, UPNs; numbers are dropped";
    "user.target.name" Account User;
    "user.effective.name" Account User;
    "user.changes.name" Account User;
    "source.user.name" Account User;
    "client.user.name" Account User;
    "destination.user.name" Account User;
    "server.user.name" Account User;
    "process.user.name" Account User;
    "process.real_user.name" Account User;
    "winlog.event_data.TargetUserName" Account User;
    "winlog.event_data.SubjectUserName" Account User;
    "winlog.event_data.User" Account User "DOMAIN\\name, from Sysmon";
    "okta.actor.alternate_id" Account User;
    "aws.cloudtrail.user_identity.arn" AccountId User;
    "azure.auditlogs.properties.initiated_by.user.userPrincipalName" Account User;
    "azure.signinlogs.properties.user_principal_name" Account User;
    "o365.audit.UserId" Account User;
    "google_workspace.actor.email" Account User;
};

/// Fields that say what a matched or grouped value is, and are not read themselves.
pub(super) const NAMED_ONLY: &[Field] = rows! {
    "related.ip" Ip Source;
    "related.hash" Digest File;
    "related.hosts" Address Host;
    "email.to.address" Email Email;
};

/// Values that have the name of their field beside them, or in the rule: of that field's type. The
/// order is the one that `terms` and `threat_intel` number them by.
pub(super) const NAMED_INSIDE: &[(&str, &str)] = &[
    (
        "kibana.alert.threshold_result.terms",
        "role of the field it names",
    ),
    (
        "signal.threshold_result.terms",
        "role of the field it names",
    ),
    (
        "kibana.alert.suppression.terms",
        "role of the field it names",
    ),
    (
        "kibana.alert.new_terms",
        "named by the rule's new_terms_fields",
    ),
    (
        "signal.threshold_result.value",
        "named by the rule's threshold field, up to 7.11",
    ),
    (
        "threat.enrichments.matched.atomic",
        "named by matched.field",
    ),
    (
        "threat.indicator.matched.atomic",
        "named by matched.field, up to 7.14",
    ),
];

/// Every field that is read for itself: addresses, domains, URLs, digests, mail addresses, accounts.
pub fn all() -> impl Iterator<Item = &'static Field> {
    [
        ADDRESSES,
        DOMAINS,
        URLS,
        DIGESTS,
        OTHER_DIGESTS,
        EMAILS,
        ACCOUNTS,
    ]
    .into_iter()
    .flatten()
}

/// The whole table as text: path, expected content, role, note.
pub fn rows() -> impl Iterator<Item = [&'static str; 4]> {
    let own = all().map(|row| [row.path, row.content.as_str(), row.role.as_str(), row.note]);
    let named = NAMED_INSIDE
        .iter()
        .enumerate()
        .map(|(index, (path, note))| {
            let role = if index < 5 {
                "as the field named"
            } else {
                Role::ThreatIntel.as_str()
            };
            [path, "as the field named", role, note]
        });
    own.chain(named)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_path_is_in_the_table_once() {
        let mut seen = HashSet::new();
        let twice: Vec<_> = all()
            .chain(NAMED_ONLY)
            .filter(|row| !seen.insert(row.path))
            .collect();
        assert!(twice.is_empty(), "{twice:?}");
    }
}

//! One path and method as the contract has it: what it takes, gives and refuses.
//!
//! Whatever needs a key refuses what every key can be refused for, without being told so.

use std::collections::BTreeMap;

use utoipa::{
    IntoParams,
    openapi::{
        ArrayBuilder, ContentBuilder, HttpMethod, ObjectBuilder, Ref, RefOr, Required,
        ResponseBuilder, Schema,
        path::{Operation, OperationBuilder, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        schema::{KnownFormat, SchemaFormat, Type},
        security::SecurityRequirement,
    },
};

use super::{REFUSAL, any};
use crate::{error::Code, keys::Scope};

/// What a key can be refused for, whatever it asks.
const KEYED: [Code; 7] = [
    Code::Unauthorized,
    Code::KeyExpired,
    Code::Forbidden,
    Code::PayloadTooLarge,
    Code::RateLimited,
    Code::Overloaded,
    Code::Internal,
];

/// One path and method.
pub struct Described {
    operation: OperationBuilder,
    refuses: BTreeMap<u16, Vec<&'static str>>,
}

impl Described {
    /// One that needs no key.
    pub fn new(summary: &str) -> Self {
        let described = Self {
            operation: OperationBuilder::new().summary(Some(summary)),
            refuses: BTreeMap::new(),
        };
        described.refuses(&[Code::PayloadTooLarge])
    }

    /// One that needs a key with this scope.
    pub fn keyed(scope: Scope, summary: &str) -> Self {
        let none: [&str; 0] = [];
        let mut described = Self::new(summary);
        described.operation = described
            .operation
            .description(Some(format!("Scope `{scope}`.")))
            .security(SecurityRequirement::new("bearer", none))
            .security(SecurityRequirement::new("key", none));
        described.refuses(&KEYED)
    }

    /// Takes these in its query.
    #[must_use]
    pub fn asks<T: IntoParams>(mut self) -> Self {
        for parameter in T::into_params(|| Some(ParameterIn::Query)) {
            self.operation = self.operation.parameter(parameter);
        }
        self
    }

    /// Takes a text in its query.
    #[must_use]
    pub fn asks_for(mut self, name: &str, description: &str, required: bool) -> Self {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Query)
            .description(Some(description))
            .required(if required {
                Required::True
            } else {
                Required::False
            })
            .schema(Some(text()));
        self.operation = self.operation.parameter(parameter);
        self
    }

    /// Takes a body of JSON.
    #[must_use]
    pub fn takes(self, schema: RefOr<Schema>) -> Self {
        let described = self.takes_content("application/json", schema);
        described.refuses(&[Code::InvalidJson, Code::InvalidPayload])
    }

    /// Takes a body of another type.
    #[must_use]
    pub fn takes_content(mut self, content_type: &str, schema: RefOr<Schema>) -> Self {
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let body = RequestBodyBuilder::new()
            .content(content_type, content)
            .required(Some(Required::True));
        self.operation = self.operation.request_body(Some(body.build()));
        self
    }

    /// Answers with this in `data`.
    #[must_use]
    pub fn gives_data(self, status: u16, description: &str, data: RefOr<Schema>) -> Self {
        let envelope = ObjectBuilder::new()
            .property("data", data)
            .property("meta", any())
            .required("data")
            .required("meta");
        self.gives(status, description, envelope.into())
    }

    /// Answers with a list of these in `data`.
    #[must_use]
    pub fn gives_list(self, description: &str, item: RefOr<Schema>) -> Self {
        let list = ArrayBuilder::new().items(item);
        self.gives_data(200, description, list.into())
    }

    /// Answers with JSON.
    #[must_use]
    pub fn gives(self, status: u16, description: &str, schema: RefOr<Schema>) -> Self {
        self.gives_content(status, description, ("application/json", schema))
    }

    /// Answers with another type.
    #[must_use]
    pub fn gives_content(
        mut self,
        status: u16,
        description: &str,
        (content_type, schema): (&str, RefOr<Schema>),
    ) -> Self {
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response = ResponseBuilder::new()
            .description(description)
            .content(content_type, content);
        self.operation = self.operation.response(status.to_string(), response);
        self
    }

    /// Answers without a body.
    #[must_use]
    pub fn gives_nothing(mut self, description: &str) -> Self {
        let response = ResponseBuilder::new().description(description);
        self.operation = self.operation.response("204", response);
        self
    }

    /// Refuses with these as well.
    #[must_use]
    pub fn refuses(mut self, codes: &[Code]) -> Self {
        for code in codes {
            let names = self.refuses.entry(code.status().as_u16()).or_default();
            if !names.contains(&code.name()) {
                names.push(code.name());
            }
        }
        self
    }

    /// The operation of this path.
    pub(super) fn operation(self, method: &HttpMethod, path: &str) -> Operation {
        let mut operation = self.operation;
        for (status, names) in self.refuses {
            let schema: RefOr<Schema> = Ref::from_schema_name(REFUSAL).into();
            let content = ContentBuilder::new().schema(Some(schema)).build();
            let response = ResponseBuilder::new()
                .description(format!("`{}`", names.join("`, `")))
                .content("application/json", content);
            operation = operation.response(status.to_string(), response);
        }
        for part in path.split('/') {
            let Some(name) = part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) else {
                continue;
            };
            let parameter = ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .schema(Some(text()));
            operation = operation.parameter(parameter);
        }
        let verb = match method {
            HttpMethod::Post => "post",
            HttpMethod::Put => "put",
            HttpMethod::Patch => "patch",
            HttpMethod::Delete => "delete",
            _ => "get",
        };
        let words = path.split(|letter: char| !letter.is_ascii_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        operation
            .operation_id(Some(format!("{verb}_{}", words.join("_"))))
            .build()
    }
}

/// A text.
fn text() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).into()
}

/// Bytes as they are.
pub(crate) fn bytes() -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
        .into()
}

use plugbay_guest::prelude::*;
use plugbay_guest::reflow::{self, Actor, Context, Json, Message, Metadata, Object, PortType, Reply, send, state};
use plugbay_guest::serde_json::{json, to_value};
use plugbay_guest::{Result, bail};

/// More bytes than a host takes.
const MOST: usize = 64 * 1024 * 1024;

/// Reflow's types, and how ports of them are called.
const TYPES: [(&str, PortType); 12] = [
    ("flow", PortType::Flow),
    ("event", PortType::Event),
    ("boolean", PortType::Boolean),
    ("integer", PortType::Integer),
    ("float", PortType::Float),
    ("string", PortType::String),
    ("object", PortType::Object),
    ("array", PortType::Array),
    ("stream", PortType::Stream),
    ("optional", PortType::Optional),
    ("any", PortType::Any),
    ("error", PortType::Error),
];

/// The actor `Conformance`.
pub struct Conformance;

impl Actor for Conformance {
    type Config = Object;

    fn metadata() -> Metadata {
        let metadata = Metadata::new("Conformance", "Answers the operations of the conformance contract", "1.0.0")
            .inport("op", PortType::Object, "An operation to answer")
            .outport("result", PortType::Object, "The answer of an operation")
            .config_schema(json!({
                "type": "object",
                "properties": {
                    "label": {"type": "string", "default": "conformance"},
                    "refuse": {"type": "boolean"},
                },
            }));
        TYPES.into_iter().fold(metadata, |metadata, (name, port_type)| {
            metadata.inport(&format!("{name}_in"), port_type, "Leaves unchanged").outport(
                &format!("{name}_out"),
                port_type,
                "What came in",
            )
        })
    }

    fn check(config: &Object) -> Result<()> {
        if config.get("refuse") == Some(&Json::Bool(true)) {
            bail!("asked to refuse");
        }
        Ok(())
    }

    fn process(mut context: Context, _: Object) -> Result<Reply> {
        let asked = context.take("op")?;
        let mut reply = Reply::new();
        for (name, _) in TYPES {
            if let Some(message) = context.take(&format!("{name}_in"))? {
                reply = reply.send(&format!("{name}_out"), message);
            }
        }
        match asked {
            Some(asked) => operate(asked, context, reply),
            None => Ok(reply),
        }
    }
}

/// Answers an operation.
fn operate(asked: Object, context: Context, mut reply: Reply) -> Result<Reply> {
    let operation = text(&asked, "op")?;
    let answer = match operation {
        "contract" => to_value(crate::contract().0)?,
        "types" => return Ok(types(reply)),
        "context" => json!({
            "config": context.config, "node_id": context.node_id, "component": context.component, "state": context.state,
        }),
        "state_get" => json!({"value": state::get::<Json>(text(&asked, "key")?)?}),
        "state_set" => {
            state::set(text(&asked, "key")?, argument(&asked, "value")?)?;
            json!({})
        }
        "state_replace" => {
            reply = reply.with_state(argument(&asked, "state")?)?;
            json!({})
        }
        "state_keep" => json!({}),
        "count" => {
            let count = context.state.get("count").and_then(Json::as_i64).unwrap_or(0).wrapping_add(1);
            let mut state = context.state;
            state.insert("count".into(), count.into());
            reply = reply.with_state(&state)?;
            json!({"count": count})
        }
        "send" => json!({"sent": send_all(text(&asked, "port")?, argument(&asked, "values")?)?}),
        "silent" => return Ok(Reply::new()),
        "log" => {
            reflow::log!(crate::level(text(&asked, "level")?)?, "{}", text(&asked, "text")?);
            json!({})
        }
        "big" => json!({"text": "x".repeat(size(&asked)?)}),
        "fail" => bail!("{}", text(&asked, "reason")?),
        "trap" => panic!("asked to trap"),
        _ => bail!("there is no operation {operation}"),
    };
    let Json::Object(mut answer) = answer else { bail!("an answer is an object") };
    answer.insert("op".into(), operation.into());
    Ok(reply.send("result", Message::Object(answer)))
}

fn types(reply: Reply) -> Reply {
    let tick = json!({"kind": "tick"});
    let tree = Object::from_iter([("a".to_owned(), json!({"b": 1}))]);
    reply
        .send("flow_out", Message::Flow)
        .send("event_out", Message::Event(tick))
        .send("boolean_out", Message::Boolean(true))
        .send("integer_out", Message::Integer(i64::MIN))
        .send("float_out", Message::Float(0.1))
        .send("string_out", Message::String("Grüße, 世界 🚀".into()))
        .send("object_out", Message::Object(tree))
        .send("array_out", Message::Array(vec![1.into(), "two".into(), Json::Null]))
        .send("stream_out", Message::Stream(vec![0, 127, 128, 255]))
        .send("optional_out", Message::Optional(Some(7.into())))
        .send("any_out", Message::Any(json!([true])))
        .send("error_out", Message::Error("broken".into()))
}

fn send_all(port: &str, values: &Json) -> Result<usize> {
    let Json::Array(values) = values else { bail!("values: expected an array") };
    values.iter().try_for_each(|value| send(port, value))?;
    Ok(values.len())
}

fn argument<'a>(asked: &'a Object, name: &str) -> Result<&'a Json> {
    match asked.get(name) {
        Some(value) => Ok(value),
        None => bail!("{name} is missing"),
    }
}

fn text<'a>(asked: &'a Object, name: &str) -> Result<&'a str> {
    match argument(asked, name)?.as_str() {
        Some(text) => Ok(text),
        None => bail!("{name}: expected text"),
    }
}

fn size(asked: &Object) -> Result<usize> {
    match argument(asked, "size")?.as_u64().and_then(|size| usize::try_from(size).ok()) {
        Some(size) if size <= MOST => Ok(size),
        _ => bail!("size: expected a number of bytes, at most {MOST}"),
    }
}

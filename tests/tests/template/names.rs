//! How long a stack's name may be: names of resources begin with it, and one that is too long fails while the stack is being
//! made.

use std::process::Command;

use serde_json::{Map, Value};

use crate::transformed::TRANSFORMED;

/// How long the name of a resource may be.
#[derive(Clone, Copy)]
enum Longest {
    /// As AWS's model of the call says that makes it.
    Model(&'static str),
    /// As AWS's documentation says, because the model says nothing, or how long an ARN in its place may be.
    Documented(usize),
}
use Longest::{Documented, Model};

/// A stack's own name: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>.
const STACK: usize = 128;

const LONGEST: [(&str, Longest); 16] = [
    ("AWS::ApiGateway::RestApi", Documented(STACK)),
    (
        "AWS::CloudWatch::Alarm",
        Model("cloudwatch.PutMetricAlarm.AlarmName"),
    ),
    ("AWS::CloudWatch::Dashboard", Documented(255)),
    ("AWS::DynamoDB::Table", Documented(255)),
    (
        "AWS::Events::Archive",
        Model("events.CreateArchive.ArchiveName"),
    ),
    ("AWS::Events::EventBus", Model("events.CreateEventBus.Name")),
    ("AWS::Events::Rule", Model("events.PutRule.Name")),
    ("AWS::KMS::Alias", Model("kms.CreateAlias.AliasName")),
    ("AWS::Lambda::Function", Documented(64)),
    (
        "AWS::Logs::LogGroup",
        Model("logs.CreateLogGroup.logGroupName"),
    ),
    ("AWS::SES::ConfigurationSet", Documented(64)),
    ("AWS::SQS::Queue", Documented(80)),
    (
        "AWS::Scheduler::Schedule",
        Model("scheduler.CreateSchedule.Name"),
    ),
    (
        "AWS::Scheduler::ScheduleGroup",
        Model("scheduler.CreateScheduleGroup.Name"),
    ),
    (
        "AWS::SecretsManager::Secret",
        Model("secretsmanager.CreateSecret.Name"),
    ),
    ("AWS::WAFv2::WebACL", Model("wafv2.CreateWebACL.Name")),
];

fn models() -> Map<String, Value> {
    let named = LONGEST.iter().filter_map(|(_, longest)| match longest {
        Model(member) => Some(member),
        Documented(_) => None,
    });
    let run = Command::new(xtask::python_interpreter().unwrap())
        .arg(xtask::root().join("tests/tests/template/longest_names.py"))
        .args(named)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    serde_json::from_slice(&run.stdout).unwrap()
}

/// How many characters of a resource's name the stack's name has room in.
fn rooms() -> Vec<(usize, String)> {
    let models = models();
    let mut rooms = Vec::new();
    for (id, resource) in TRANSFORMED["Resources"].as_object().unwrap() {
        let kind = resource["Type"].as_str().unwrap();
        let properties = resource["Properties"].as_object().unwrap();
        for (property, value) in properties.iter().filter(|(name, _)| name.ends_with("Name")) {
            let rest = match (&value["Ref"], &value["Fn::Sub"]) {
                (Value::String(name), _) if name == "AWS::StackName" => "",
                (_, Value::String(name)) if name.contains("${AWS::StackName}") => name,
                _ => continue,
            };
            let longest = LONGEST.iter().find(|(known, _)| *known == kind);
            let (_, longest) = longest.unwrap_or_else(|| panic!("{kind}: how long is a name?"));
            let longest = match longest {
                Model(member) => models[*member].as_u64().unwrap().try_into().unwrap(),
                Documented(longest) => *longest,
            };
            let rest = rest.replace("${AWS::StackName}", "").len();
            rooms.push((longest - rest, format!("{id}.{property}")));
        }
    }
    assert!(rooms.len() > 80, "{}", rooms.len());
    rooms
}

/// The longest stack name that the preflight lets through.
fn let_through() -> usize {
    let script = xtask::root().join("infra/cloudformation/ledgerbell-stack.sh");
    let script = std::fs::read_to_string(script).unwrap();
    let (_, behind) = script.split_once("[ ${#stack} -le ").unwrap();
    behind.split_once(' ').unwrap().0.parse().unwrap()
}

#[test]
fn every_name_fits_at_the_longest_stack_name_that_the_preflight_lets_through_and_none_longer_would()
{
    let rooms = rooms();
    let let_through = let_through();
    for (room, name) in &rooms {
        assert!(*room >= let_through, "{name} leaves {room}");
    }
    let (narrowest, name) = rooms.iter().min().unwrap();
    assert_eq!(*narrowest, let_through, "{name}");
    let limits = xtask::root().join("docs/reference/limits.md");
    let limits = std::fs::read_to_string(limits).unwrap();
    let row = format!("| name of a stack | {let_through} characters |");
    assert!(limits.contains(&row), "{row}");
}

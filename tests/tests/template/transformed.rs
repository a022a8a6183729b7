//! The resources that SAM's transform makes of the template.

use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::of_type;

/// The template as CloudFormation gets it.
pub(crate) static TRANSFORMED: LazyLock<Value> = LazyLock::new(|| {
    let run = Command::new(xtask::python_interpreter().unwrap())
        .arg(xtask::root().join("infra/xtask/src/transform.py"))
        .arg(xtask::template_path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    serde_json::from_slice(&run.stdout).unwrap()
});

#[test]
fn the_api_has_one_public_stage_which_is_the_one_with_the_limits() {
    let [(id, stage)] = &of_type(&TRANSFORMED, "AWS::ApiGateway::Stage")[..] else {
        panic!("not one stage")
    };
    assert_eq!(stage["StageName"], "v1", "{id}");
    assert!(stage["MethodSettings"].is_array(), "{id}");
    // A deployment that names a stage makes one.
    for (id, deployment) in of_type(&TRANSFORMED, "AWS::ApiGateway::Deployment") {
        assert_eq!(deployment["StageName"], Value::Null, "{id}");
        assert_eq!(stage["DeploymentId"], json!({ "Ref": id }));
    }
}

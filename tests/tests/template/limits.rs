//! The limits of the API in the template.

use serde_json::json;

use crate::template;

#[test]
fn every_method_has_a_rate_and_the_unsigned_ones_a_low_one() {
    let template = template();
    let settings = template["Resources"]["Api"]["Properties"]["MethodSettings"]
        .as_array()
        .unwrap();
    let rate = |method: &str, path: &str| {
        let found = settings
            .iter()
            .find(|setting| setting["HttpMethod"] == method && setting["ResourcePath"] == path)
            .unwrap_or_else(|| panic!("{method} {path}"));
        let rate = found["ThrottlingRateLimit"].as_u64().unwrap();
        assert!(
            found["ThrottlingBurstLimit"].as_u64().unwrap() >= rate,
            "{method} {path}"
        );
        rate
    };
    let all = rate("*", "/*");
    let events = &template["Resources"]["ApiFunction"]["Properties"]["Events"];
    let mut unsigned = 0;
    for (name, event) in events.as_object().unwrap() {
        let properties = &event["Properties"];
        if properties["Auth"]["Authorizer"] != "NONE" {
            continue;
        }
        unsigned += 1;
        let path = properties["Path"].as_str().unwrap().replacen('/', "/~1", 1);
        let method = properties["Method"].as_str().unwrap().to_uppercase();
        assert!(
            rate(&method, &path) * 10 < all,
            "{name} is open to all at the rate of all"
        );
    }
    assert_eq!(unsigned, 2);
}

#[test]
fn a_rate_that_waf_would_refuse_is_refused_before_anything_is_made() {
    let parameter = &template()["Parameters"]["RequestsPerAddress"];
    assert_eq!(parameter["Type"], "String");
    let pattern = parameter["AllowedPattern"].as_str().unwrap();
    // CloudFormation compares the whole value.
    let schema = json!({ "pattern": format!("^(?:{pattern})$") });
    for (value, allowed) in [
        ("0", true),
        ("1", false),
        ("9", false),
        ("10", true),
        ("999999999", true),
        ("2000000000", true),
        ("2000000001", false),
        ("010", false),
        ("-10", false),
        ("", false),
    ] {
        let is_allowed = jsonschema::is_valid(&schema, &json!(value));
        assert_eq!(is_allowed, allowed, "{value:?}");
    }
}

#[test]
fn a_new_account_from_which_nothing_can_be_reserved_takes_the_defaults() {
    assert_eq!(template()["Parameters"]["NotifyConcurrency"]["Default"], 0);
}

#[test]
fn an_address_is_limited_by_a_parameter_on_the_stage_that_callers_use() {
    let template = template();
    assert_eq!(template["Parameters"]["RequestsPerAddress"]["Default"], "0");
    let resources = &template["Resources"];
    let limits = &resources["CallerLimits"];
    assert_eq!(
        limits["Properties"]["DefaultAction"],
        json!({ "Allow": {} })
    );
    let rules = limits["Properties"]["Rules"].as_array().unwrap();
    let [rule] = &rules[..] else {
        panic!("{rules:?}");
    };
    assert_eq!(rule["Action"], json!({ "Block": {} }));
    let rate = &rule["Statement"]["RateBasedStatement"];
    assert_eq!(rate["AggregateKeyType"], "IP");
    assert_eq!(rate["Limit"], json!({ "Ref": "RequestsPerAddress" }));
    let association = &resources["CallerLimitsOfApi"];
    assert_eq!(
        association["Properties"]["WebACLArn"],
        json!({ "Fn::GetAtt": ["CallerLimits", "Arn"] })
    );
    let stage = association["Properties"]["ResourceArn"]["Fn::Sub"]
        .as_str()
        .unwrap();
    assert!(
        stage.ends_with("/restapis/${Api}/stages/${Api.Stage}"),
        "{stage}"
    );
    for resource in [limits, association] {
        assert_eq!(resource["Condition"], "LimitsCallers");
    }
}

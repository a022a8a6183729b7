"""Validates the template on standard input (JSON) with cloudformation-validate, once for each edge of each parameter.

Prints, in JSON, how often it did and what AWS would refuse: {"runs": ..., "findings": [{"check", "resource", "says"}]}. Edges are
values that the template itself takes: what it refuses never reaches AWS.
"""

import json
import re
import sys

from cloudformation_validate import CompositeEngine, Severity, TemplateContent, ValidateConfig

# Those without a default.
GIVEN = {"MailIdentity": "example.com", "MailFrom": "alerts@example.com"}
# Numbers at which limits of services use to lie.
NUMBERS = [0, 1, 2, 5, 9, 10, 11, 99, 100, 101, 1000, 10_000, 36_500, 1_000_000, 2_000_000_000, 2_147_483_648]
# Texts that patterns may take, and that show what a text is put into.
TEXTS = {
    "AlarmTopic": ["arn:aws:sns:eu-west-1:123456789012:alarms"],
    "MailIdentity": ["alerts@example.com", "mail.example.co.uk"],
    "PublicUrl": ["https://bank.example/v1"],
    "RustLog": ["", "info,handlers=debug"],
}


def edges(name, parameter):
    default = str(parameter.get("Default", GIVEN.get(name)))
    if "AllowedValues" in parameter:
        values = parameter["AllowedValues"]
    elif parameter["Type"] == "Number" or default.isdigit():
        least, most = parameter.get("MinValue", 0), parameter.get("MaxValue", NUMBERS[-1])
        values = [least, most] + [number for number in NUMBERS if least <= number <= most]
    else:
        lengths = [parameter[edge] for edge in ("MinLength", "MaxLength") if edge in parameter]
        values = ["x" * length for length in lengths] + TEXTS.get(name, [])
    pattern = re.compile(parameter.get("AllowedPattern", ".*"), re.DOTALL)
    taken = {str(value) for value in values if pattern.fullmatch(str(value))}
    # What stays at its default is judged with its conditions; what is set to it is not.
    return sorted(taken - {default})


def refused(values):
    config = ValidateConfig(parameter_overrides={**GIVEN, **values}, severity_level=Severity.ERROR)
    report = engine.validate_template(TemplateContent(text, "template.json"), config)
    for finding in report.diagnostics:
        yield {
            "check": finding.rule_id,
            "resource": finding.entity.logical_id or "" if finding.entity else "",
            "says": f"{finding.message}, with {values or 'all defaults'}",
        }


engine = CompositeEngine()
text = sys.stdin.read()
runs = [{}]
for name, parameter in json.loads(text)["Parameters"].items():
    runs += [{name: value} for value in edges(name, parameter)]
json.dump({"runs": len(runs), "findings": [finding for run in runs for finding in refused(run)]}, sys.stdout)

# Starts ministack, with six things that AWS does and ministack 1.5.33 does not. All use what it has already.
import contextvars
import json
import re
import sys
import threading
import uuid
from dataclasses import replace
from datetime import datetime, timezone

from ministack.app import main
from ministack.core import iam_evaluator
from ministack.services import dynamodb, eventbridge, lambda_svc, secretsmanager, ses, ses_v2
from ministack.services.cloudformation import provisioners


# AWS: the bus calls a function asynchronously, so what fails is tried again and then goes to the function's on-failure
# destination. ministack calls it once and drops what fails; for its other sources it has what is used here.
def call_asynchronously(arn, payload):
    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    if function and config:
        record = lambda_svc._execution_record_for_config(function, config)
        lambda_svc.invoke_async_with_retry(record, json.loads(payload))


# AWS: a batch of the stream whose answer names a failed record is delivered again from that record on. ministack does
# not read the answer; told that the batch has failed, it delivers the whole of it again.
def execute_and_read_the_answer(function, event):
    result = execute(function, event)
    answer = result.get("body")
    if isinstance(answer, dict) and answer.get("batchItemFailures"):
        why = {"errorType": "ReportBatchItemFailures", "errorMessage": json.dumps(answer)}
        return {**result, "error": True, "body": why}
    return result


# AWS: RotateSecret makes an empty pending version and has the function called with the four steps, one after another.
# ministack makes a copy of the value current at once, and calls nothing.
def rotate_secret(data):
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    if not secret:
        return secretsmanager._describe_secret(data)
    secret["RotationLambdaARN"] = data.get("RotationLambdaARN") or secret.get("RotationLambdaARN")
    secret["RotationEnabled"] = True
    version = data.get("ClientRequestToken") or str(uuid.uuid4())
    for known in secret["Versions"].values():
        known["Stages"] = [stage for stage in known["Stages"] if stage != "AWSPENDING"]
    empty = {"SecretString": None, "SecretBinary": None, "CreatedDate": 0, "Stages": ["AWSPENDING"]}
    secret["Versions"].setdefault(version, empty)
    function, config, _ = lambda_svc._get_func_record_for_ref(secret["RotationLambdaARN"])
    record = lambda_svc._execution_record_for_config(function, config)

    def call_the_steps():
        for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
            request = {"Step": step, "SecretId": secret["ARN"], "ClientRequestToken": version}
            if lambda_svc._execute_function(record, request).get("error"):
                return

    threading.Thread(target=contextvars.copy_context().run, args=(call_the_steps,), daemon=True).start()
    answer = {"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": version}
    return secretsmanager.json_response(answer)


# AWS: SES tells on the default bus what becomes of a mail, with its tags. ministack tells it to topics only. Here it is
# told of mails to SES's simulator, so that every other test sees a provider that says nothing.
async def send_and_tell(method, path, headers, body, query_params):
    answer = await handle(method, path, headers, body, query_params)
    if method == "POST" and path.endswith("/outbound-emails") and answer[0] == 200:
        tell(json.loads(body), json.loads(answer[2])["MessageId"].partition("@")[0])
    return answer


def tell(request, message_id):
    recipients = request["Destination"]["ToAddresses"]
    local, _, domain = recipients[0].partition("@")
    if domain != ses._SIMULATOR_DOMAIN:
        return
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    tags = {tag["Name"]: [tag["Value"]] for tag in request.get("EmailTags", [])}
    tags["ses:configuration-set"] = [request.get("ConfigurationSetName", "")]
    mail = {"timestamp": now, "messageId": message_id, "destination": recipients, "tags": tags}
    outcomes = ses._SIMULATOR_OUTCOMES.get(local.split("+")[0], (("Delivery", None),))
    events = [("Send", {"send": {}})]
    events += [(kind, ses._notification_detail(kind, recipients[0], now, why)) for kind, why in outcomes]
    names = {"Send": "Sent", "Delivery": "Delivered", "Bounce": "Bounced", "Complaint": "Complaint Received"}
    for kind, detail in events:
        entry = {"Source": "aws.ses", "DetailType": f"Email {names[kind]}"}
        entry["Detail"] = json.dumps({"eventType": kind, "mail": mail, **detail})
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


# AWS: a table's resource policy is weighed with the policy of whoever calls. ministack keeps such policies, but weighs
# those of other services only, and takes none from a template.
def create_table_with_policy(logical_id, props, stack_name):
    name, attributes = create_table(logical_id, props, stack_name)
    policy = props.get("ResourcePolicy")
    if policy:
        document = json.dumps(policy["PolicyDocument"])
        dynamodb._put_resource_policy({"ResourceArn": attributes["Arn"], "Policy": document})
    return name, attributes


def table_policy_for_arn(arn):
    kept = dynamodb._resource_policies.get(arn.partition("/index/")[0])
    return kept and (kept["Policy"], arn.split(":")[4])


# AWS: `${aws:PrincipalTag/x}` in a policy's resource stands for the caller's own; where there is none, the resource is
# nothing. ministack takes it by the letter.
def first_match_with_variables(ctx, statements, effect):
    return first_match(ctx, [known for one in statements if (known := with_variables(ctx, one))], effect)


def with_variables(ctx, statement):
    if not any("${" in resource for resource in statement.resources):
        return statement
    filled = [with_values(ctx, resource) for resource in statement.resources]
    known = [resource for resource in filled if resource is not None]
    return replace(statement, resources=known) if known else None


def with_values(ctx, resource):
    names = re.findall(r"\$\{([^}]+)\}", resource)
    values = {name: iam_evaluator._resolve_condition_key(name, ctx) for name in names}
    if None in values.values():
        return None
    return re.sub(r"\$\{([^}]+)\}", lambda found: values[found[1]], resource)


# AWS: a domain's identity returns the three DKIM records that prove it. ministack's returns none.
def create_identity_with_records(logical_id, props, stack_name):
    name, attributes = create_identity(logical_id, props, stack_name)
    if "@" in name:
        return name, attributes
    tokens = [uuid.uuid5(uuid.NAMESPACE_DNS, f"{number}.{name}").hex for number in (1, 2, 3)]
    ses_v2._identities[name]["DkimAttributes"]["Tokens"] = tokens
    for number, token in enumerate(tokens, 1):
        attributes[f"DkimDNSTokenName{number}"] = f"{token}._domainkey.{name}"
        attributes[f"DkimDNSTokenValue{number}"] = f"{token}.dkim.amazonses.com"
    return name, attributes


execute = lambda_svc._execute_function
handle = ses_v2.handle_request
assert callable(eventbridge._dispatch_to_lambda)
eventbridge._dispatch_to_lambda = call_asynchronously
lambda_svc._execute_function = execute_and_read_the_answer
secretsmanager._rotate_secret = rotate_secret
ses_v2.handle_request = send_and_tell
tables = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
create_table = tables["create"]
tables["create"] = create_table_with_policy
identities = provisioners._RESOURCE_HANDLERS["AWS::SES::EmailIdentity"]
create_identity = identities["create"]
identities["create"] = create_identity_with_records
dynamodb.table_policy_for_arn = table_policy_for_arn
iam_evaluator._RESOURCE_POLICY_LOOKUPS["dynamodb"] = ("dynamodb", "table_policy_for_arn")
first_match = iam_evaluator._first_match
iam_evaluator._first_match = first_match_with_variables
sys.argv = ["ministack"]
main()

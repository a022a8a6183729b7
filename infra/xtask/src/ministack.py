# Starts ministack, with four things that AWS does and ministack 1.5.33 does not. All use what it has already.
import contextvars
import json
import sys
import threading
import uuid
from datetime import datetime, timezone

from ministack.app import main
from ministack.services import eventbridge, lambda_svc, secretsmanager, ses, ses_v2


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


execute = lambda_svc._execute_function
handle = ses_v2.handle_request
assert callable(eventbridge._dispatch_to_lambda)
eventbridge._dispatch_to_lambda = call_asynchronously
lambda_svc._execute_function = execute_and_read_the_answer
secretsmanager._rotate_secret = rotate_secret
ses_v2.handle_request = send_and_tell
sys.argv = ["ministack"]
main()

# Starts ministack, with two things that AWS does and ministack 1.5.33 does not. Both use what it has already.
import json
import sys

from ministack.app import main
from ministack.services import eventbridge, lambda_svc


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


execute = lambda_svc._execute_function
assert callable(eventbridge._dispatch_to_lambda)
eventbridge._dispatch_to_lambda = call_asynchronously
lambda_svc._execute_function = execute_and_read_the_answer
sys.argv = ["ministack"]
main()

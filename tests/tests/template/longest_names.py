"""Prints, in JSON, how long AWS's models let each of the arguments (`service.Operation.Member`) be; null, if they do not say."""

import json
import sys

import botocore.session


def longest(member):
    service, operation, name = member.split(".")
    model = session.get_service_model(service).operation_model(operation)
    return model.input_shape.members[name].metadata.get("max")


session = botocore.session.get_session()
json.dump({member: longest(member) for member in sys.argv[1:]}, sys.stdout)

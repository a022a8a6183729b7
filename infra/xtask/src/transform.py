"""Prints a template in JSON as SAM's transform gives it to CloudFormation. The argument is the template's path."""

import json
import os
import sys

# The resources do not depend on it, but the transform asks for one.
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """The transform loads the names of AWS's managed policies, of which the template uses none."""

    def load(self):
        return {}


with open(sys.argv[1]) as file:
    template = yaml_parse(file.read())
for resource in template["Resources"].values():
    if "CodeUri" in resource["Properties"]:
        # `aws cloudformation package` replaces paths by such addresses.
        resource["Properties"]["CodeUri"] = "s3://bucket/" + os.path.basename(resource["Properties"]["CodeUri"])
json.dump(transform(template, {}, NoManagedPolicies()), sys.stdout)

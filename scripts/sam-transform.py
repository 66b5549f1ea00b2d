"""Writes what SAM makes of templates to a folder: sam-transform.py FOLDER FILE…

scripts/cfn-lint runs it. A template without SAM's transform is left out.
"""

import json
import os
import sys
from pathlib import Path

# The translator asks the SDK for a region, which has no influence on what is checked here.
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform

TRANSFORM = "AWS::Serverless-2016-10-31"


class NoManagedPolicies:
    """Our roles have statements of their own; the translator would ask IAM for the ARNs of others."""

    def load(self):
        return {}


def packaged(template):
    """As `sam package` leaves it: with the code in a bucket."""
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function" and "CodeUri" in properties:
            properties["CodeUri"] = {"Bucket": "code", "Key": properties["CodeUri"]}
    return template


def main(folder, files):
    for file in files:
        template = json.loads(Path(file).read_text())
        if TRANSFORM not in template.get("Transform", []):
            continue
        try:
            result = transform(packaged(template), {}, NoManagedPolicies())
        except InvalidDocumentException as error:
            sys.exit(f"{file}: SAM refuses it: " + "; ".join(cause.message for cause in error.causes))
        (Path(folder) / f"{Path(file).name}.transformed.json").write_text(json.dumps(result, indent=1))


main(sys.argv[1], sys.argv[2:])

"""The AWS command line itself, with recorded answers in the place of AWS.

`serve SOCKET ANSWERS LOG` loads the command line once. `call SOCKET ARGUMENT...` is the program `aws`: its arguments are
parsed against the models of the installed command line, and its output is made by it. ANSWERS is JSON: from
"service.Operation" to the answer, to {"Error": {"Code": ..., "Message": ...}}, or to a list of these, one for each call and
the last for all that follow; null passes a call on to AWS_ENDPOINT_URL, and so does a missing answer where that is set. The answer of "*" is for all
calls without one.
LOG gets a line for each call to AWS, with its parameters.
"""

import contextlib
import io
import json
import os
import socket
import sys


def serve(path, answers_path, log_path):
    from awscli.clidriver import create_clidriver

    with open(answers_path) as file:
        answers = json.load(file)
    log = open(log_path, "a")

    class Http:
        def __init__(self, status_code):
            self.status_code = status_code

    def note(params, model, **_):
        print(f"{model.service_model.service_name}.{model.name}", json.dumps(params, default=str), file=log, flush=True)

    def answer(model, params, **_):
        name = f"{model.service_model.service_name}.{model.name}"
        unknown = {"Error": {"Code": "NotRecorded", "Message": f"nothing is recorded for {name}"}}
        found = answers.get(name, answers.get("*", None if "AWS_ENDPOINT_URL" in os.environ else unknown))
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if found is None:
            return None
        return Http(400 if "Error" in found else 200), {"ResponseMetadata": {}, **found}

    # One for all calls, because most of a call's time is reading the models.
    driver = create_clidriver()
    driver.session.register("before-parameter-build", note)
    driver.session.register("before-call", answer)

    def run(arguments):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = driver.main(arguments)
            except SystemExit as exit:
                code = exit.code or 0
        return {"code": code, "out": out.getvalue(), "err": err.getvalue()}

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        print("ready", flush=True)
        while True:
            with listener.accept()[0] as connection, connection.makefile("rw") as lines:
                call = json.loads(lines.readline())
                os.chdir(call["folder"])
                lines.write(json.dumps(run(call["arguments"])) + "\n")


def call(path, *arguments):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        with connection.makefile("rw") as lines:
            lines.write(json.dumps({"folder": os.getcwd(), "arguments": arguments}) + "\n")
            lines.flush()
            answer = json.loads(lines.readline())
    sys.stdout.write(answer["out"])
    sys.stderr.write(answer["err"])
    sys.exit(answer["code"])


if __name__ == "__main__":
    {"serve": serve, "call": call}[sys.argv[1]](*sys.argv[2:])

"""Setting a repository up for GitHub: its project's needs, the files that mtor needs, and the checks.

detection.py           the kinds of project;  python.py, node.py, go.py, rust.py, make.py: one of them each
guess.py               what such a module returns;  project_folder.py: the files that it looks at
toolchain_steps.py     steps that bring a toolchain
ci_needs.py            what the project's own CI adds;  ci_jobs.py: the job that tests;  ci_services.py: its services

planned_files.py       the two files that mtor needs;  workflow.py: the one;  settings_text.py: the other
action_address.py      which action the workflow names;  provider_keys.py: which secret it passes on
agent_files.py         what coding agents read about mtor;  removal.py: what `--remove` deletes
github_setup.py        all of it on GitHub;  github_steps.py, secret_steps.py: its steps
setup_pull_request.py  its pull request
connection.py          the way to the repository on GitHub;  origin.py: which one that is
doctor.py              the checks (checks/), in their order;  finding.py: what they find, and what they may look at
"""

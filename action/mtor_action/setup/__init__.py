"""Setting a repository up for GitHub: its project's needs, the files that mtor needs, and the checks.

the project       folder.py: read without trust;  detection.py: its kinds;  guess.py: a guess and its reason
                  python.py, node.py, go.py, rust.py, make.py: how each is installed and tested
its own CI        ci_jobs.py: the job that tests;  ci_needs.py, ci_services.py: what that adds
the files         workflow.py, steps.py, settings_text.py, agent_files.py, address.py: their texts
                  planned_files.py: written whole or not at all;  removal.py: taken away again
on GitHub         github_setup.py, github_steps.py, secret_steps.py, provider_keys.py, proposal.py: init --github
                  connection.py: the way there;  doctor.py: every check, in order
"""

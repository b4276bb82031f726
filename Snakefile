"""Full runs, from data to the rendered book: `snakemake -n table1` says what it takes, `snakemake --cores 8 table1` does it.

What there is to run is derived in asvae_book.workflow from the studies and the claims; book/cluster.md explains the use.
A job is named by its configurations and its method's numerics, so that a change of either is another job.
"""

import json
import shlex
import sys

sys.path[:0] = [workflow.basedir, f"{workflow.basedir}/book"]
from asvae_book.workflow import plan

plan.with_path(workflow.basedir)
PLAN = plan.current(config, again=not workflow.is_main_process)
if workflow.is_main_process:
    plan.release_stale_lock()
    plan.asked(PLAN)
PYTHON = shlex.quote(sys.executable)
STEPS = f"{PYTHON} -m asvae_book.workflow.steps"


def job(name):
    return lambda wildcards: PLAN["jobs"][wildcards.job][name]


def launch(wildcards):
    processes = PLAN["jobs"][wildcards.job]["processes"]
    run = f"-m torch.distributed.run --standalone --nproc-per-node {processes}" if processes > 1 else ""
    return f"{PYTHON} {run} -m asvae_book.workflow.steps"


for target in PLAN["targets"]:

    rule:
        name: target
        input: plan.outputs(PLAN, target)


rule data:
    output: touch(f"{plan.FOLDER}/data/{{dataset}}")
    # Of a function, as Snakemake takes braces in a text for its own.
    params: root=lambda wildcards: f"--data-root {shlex.quote(PLAN['data_root'])}" if PLAN["data_root"] else ""
    localrule: True
    shell: "{PYTHON} -m asvae data {wildcards.dataset} {params.root}"


rule train:
    input:
        spec=plan.spec("{job}"),
        data=lambda wildcards: [ancient(each) for each in plan.data(PLAN["jobs"][wildcards.job])],
    output: plan.done("{job}")
    params:
        launch=launch,
        device=job("device"),
        root=lambda wildcards: shlex.quote(PLAN["data_root"]),
        budget=lambda wildcards, resources: plan.budget(PLAN, resources.runtime),
    threads: job("threads")
    resources:
        runtime=lambda wildcards, threads: plan.minutes(PLAN, wildcards.job, threads),
        mem_mb=lambda wildcards, threads: plan.memory(PLAN, wildcards.job, threads),
        gpu=lambda wildcards: plan.gpus(PLAN, wildcards.job),
        # Slurm may spread a job's GPUs over nodes, and torchrun starts its processes on one.
        nodes=1,
    # A job that was killed or stopped at its budget goes on from its checkpoints. Only the first process tries again: on
    # a cluster the job's own Snakemake would do so too, with a new budget in what is left of the job's time.
    retries: 5 if workflow.is_main_process else 0
    shell: "{params.launch} train {input.spec:q} {output:q} --workers {threads} --device {params.device} --data-root {params.root} --budget {params.budget}"


rule ledger:
    input: lambda wildcards: map(plan.done, PLAN["targets"][wildcards.target]["jobs"])
    output: "_build/full/{target}-ledger.json"
    resources: runtime=30, mem_mb=4000
    shell: "{STEPS} ledger {output:q}"


rule chapter:
    input:
        notebook=lambda wildcards: f"book/{PLAN['pages'][wildcards.page]['notebook']}.ipynb",
        jobs=lambda wildcards: map(plan.done, PLAN["pages"][wildcards.page]["jobs"]),
    output: plan.page("{page}")
    params: values=lambda wildcards: shlex.quote(json.dumps(PLAN["pages"][wildcards.page]["parameters"]))
    resources: runtime=60, mem_mb=4000
    shell: "{STEPS} chapter {input.notebook:q} {output:q} --parameters {params.values}"


rule book:
    input: lambda wildcards: map(plan.page, PLAN["targets"][wildcards.target]["pages"])
    output: "_build/full/{target}/index.html"
    resources: runtime=60, mem_mb=4000
    shell: "{STEPS} render {output:q} {input:q}"

"""Train cells of Table 1 at the published settings and keep their scores in ``data/results/``.

Usage: ``python book/paper_scale.py OBJECTIVE COMBINATION [SEEDS]``, for example ``s-introvae C1 3`` for seeds 0 to 2.
One run takes half an hour to an hour on one core; finished runs are kept in ``data/runs/`` and not trained again.
"""

import sys

from asvae import load_or_train
from asvae.checks import InvalidArgumentError
from asvae.results import keep
from asvae.table1 import configurations

if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    try:
        seeds = int(sys.argv[3]) if len(sys.argv) == 4 else 1
        [configs] = configurations([sys.argv[2]], [sys.argv[1]], seeds, "paper").values()
        for run in load_or_train(configs):
            print(f"{keep(run)}: KL {run.scores['kl']:.2f}, JSD {run.scores['jsd']:.2f}")
    except InvalidArgumentError as error:
        sys.exit(str(error))

"""Lints every data contract with datacontract-cli, as a reader elsewhere would, in one process and without a network."""

import logging
import sys
from pathlib import Path

from datacontract.data_contract import DataContract

logging.disable(logging.CRITICAL)  # it says everything twice
wrong = 0
for path in sorted(Path("data_contracts").rglob("*.odcs.yaml")):
    run = DataContract(data_contract_file=str(path)).lint()
    for check in run.checks:
        if check.result != "passed":
            wrong += 1
            print(f"{path}: {check.reason or check.name}", file=sys.stderr)
sys.exit(min(wrong, 1))

"""`make bench`: measures what postventa's claims of speed rest on, as ratios in one run, and keeps the figures in `.bench/`."""

import argparse
import json
import sys

import chain
from stand import DATABASES, stand


def main() -> int:
    asked = _asked()
    with stand() as one:
        for database in DATABASES:
            if database in asked.database:
                print(database, json.dumps(chain.walk(one, database, asked.orders), indent=1), flush=True)
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--database", nargs="+", choices=DATABASES, default=list(DATABASES))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Reads the iOS demo back where there is no Xcode: `python3 ios-demo/check/check.py`, with Python 3.9 or newer and nothing else.

Each check is a line, `test NAME ... ok` or `test NAME ... FAILED`; the status is 0 only when all are ok.
"""

import pathlib
import sys

import broken
import bundle
import core
import project
import words

CHECKS = {
    "project_hangs_together": project.hangs_together,
    "project_names_files_that_are_there": project.files_are_there,
    "project_targets_fit": project.targets_fit,
    "project_packages_are_composed_there": project.packages_are_composed_there,
    "project_scheme_is_shared": project.scheme_is_shared,
    "core_phase_builds_the_core": core.phase_builds_the_core,
    "core_without_cargo_it_says_so": core.without_cargo_it_says_so,
    "core_is_built_when_it_changed": core.core_is_built_when_it_changed,
    "core_failed_build_stays_one": core.failed_build_stays_one,
    "bundle_system_may_wake_it": bundle.system_may_wake_it,
    "bundle_tablets_turn_every_way": bundle.tablets_turn_every_way,
    "bundle_person_is_told_why": bundle.person_is_told_why,
    "bundle_links_open_it": bundle.links_open_it,
    "bundle_rights_fit": bundle.rights_fit,
    "bundle_privacy_is_declared": bundle.privacy_is_declared,
    "bundle_extension_only_delivers": bundle.extension_only_delivers,
    "bundle_assets_are_whole": bundle.assets_are_whole,
    "bundle_sources_are_ours": bundle.sources_are_ours,
    "bundle_tests_find_what_they_tap": bundle.tests_find_what_they_tap,
    "words_are_the_same_on_both_phones": words.are_the_same_on_both_phones,
}


def main():
    folder = pathlib.Path(__file__).resolve().parent.parent
    checks = dict(CHECKS)
    for name, (change, check) in broken.BREAKS.items():
        checks[f"broken_{name}_is_found"] = lambda folder, change=change, check=check: broken.is_found(folder, change, check)
    failed = 0
    for name, check in checks.items():
        try:
            check(folder)
            print(f"test {name} ... ok", flush=True)
        except Exception as problem:  # whatever it is, the others are checked too
            failed += 1
            print(f"test {name} ... FAILED", flush=True)
            print(f"    {type(problem).__name__}: {problem}", file=sys.stderr, flush=True)
    print(f"{len(checks) - failed} of {len(checks)} checks are ok")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())

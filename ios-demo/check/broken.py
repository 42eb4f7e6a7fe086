"""The checks must be able to fail: each of these breaks a copy of the demo in one place, and is found by the check that is for it."""

import pathlib
import shutil
import tempfile

import bundle
import openstep
import project

PROJECT = "Satchel.xcodeproj/project.pbxproj"


def replaced(name, old, new):
    def change(copy):
        file = copy / name
        text = file.read_text()
        assert old in text, f"{name} does not have {old!r}"
        file.write_text(text.replace(old, new))
    return change


def removed(name):
    return lambda copy: (copy / name).unlink()


BREAKS = {
    "a_missing_brace": (replaced(PROJECT, "\trootObject", "}\n\trootObject"), project.hangs_together),
    "a_lost_semicolon": (replaced(PROJECT, "archiveVersion = 1;", "archiveVersion = 1"), project.hangs_together),
    "a_dangling_reference": (replaced(PROJECT, "/* App */,", "/* App */,\n5A7C4E10FFFFFFFFFFFFFFFF,"), project.hangs_together),
    "a_missing_info_plist": (removed("App/Info.plist"), project.files_are_there),
    "a_missing_xcconfig": (removed("Signing.xcconfig"), project.files_are_there),
    "an_extension_that_links_the_outbox": (
        replaced(PROJECT, "productName = SatchelInbox;", "productName = SatchelApple;"), project.targets_fit),
    "a_missing_background_mode": (
        replaced("App/Info.plist", "<string>processing</string>", ""), bundle.system_may_wake_it),
    "a_task_that_is_not_permitted": (
        replaced("App/Info.plist", "$(SATCHEL_ID).refresh", "$(SATCHEL_ID).fresh"), bundle.system_may_wake_it),
    "a_tablet_that_does_not_stand_on_its_head": (
        replaced("App/Info.plist", "<string>UIInterfaceOrientationPortraitUpsideDown</string>", ""),
        bundle.tablets_turn_every_way),
    "an_empty_usage_text": (
        replaced("App/Info.plist", "Satchel reads the pairing code that your receiver shows.", ""), bundle.person_is_told_why),
    "a_foreign_app_group": (
        replaced("Share/SatchelShare.entitlements", "group.$(SATCHEL_ID)", "group.other"), bundle.rights_fit),
    "a_reason_that_does_not_exist": (replaced("App/PrivacyInfo.xcprivacy", "35F9.1", "35F9.9"), bundle.privacy_is_declared),
    "an_undeclared_use_of_user_defaults": (
        replaced("App/PrivacyInfo.xcprivacy", "CategoryUserDefaults", "CategoryActiveKeyboards"), bundle.privacy_is_declared),
    "an_extension_that_opens_the_outbox": (
        replaced("Share/Shared.swift", "import SatchelInbox", "import SatchelInbox\nimport Satchel"), bundle.extension_only_delivers),
    "a_missing_icon": (removed("App/Assets.xcassets/AppIcon.appiconset/AppIcon.png"), bundle.assets_are_whole),
    "a_view_without_its_identifier": (
        replaced("App/Screens/SettingsScreen.swift", '.accessibilityIdentifier("pair")', ""), bundle.tests_find_what_they_tap),
}


def is_found(folder, change, check):
    with tempfile.TemporaryDirectory() as root:
        copy = pathlib.Path(root) / "ios-demo"
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(".build", "__pycache__"))
        change(copy)
        try:
            check(copy)
        except (AssertionError, KeyError, OSError, openstep.Malformed):
            return
        raise AssertionError("it was not found")

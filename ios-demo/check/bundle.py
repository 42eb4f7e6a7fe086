"""What must be true of what the system reads of the app: property lists, entitlements, privacy manifests, assets, sources."""

import json
import plistlib
import re
import struct

# Apple's page "Describing use of required reason API": which reasons there are for which kind.
REASONS = {
    "FileTimestamp": {"DDA9.1", "C617.1", "3B52.1", "0A2A.1"},
    "SystemBootTime": {"35F9.1", "8FFB.1", "3D61.1"},
    "DiskSpace": {"85F4.1", "E174.1", "7D9E.1", "B728.1"},
    "ActiveKeyboards": {"3EC4.1", "54BD.1"},
    "UserDefaults": {"CA92.1", "1C8F.1", "C56D.1", "AC6B.1"},
}
# What in the sources asks the person, and the text that the system shows them then.
ASKS = {
    r"PHPhotoLibrary|PHAsset\b": "NSPhotoLibraryUsageDescription",
    r"DataScannerViewController": "NSCameraUsageDescription",
    r"CLLocationManager": "NSLocationWhenInUseUsageDescription",
}
UPLOADS = "NSLocalNetworkUsageDescription"  # a receiver in the same network


def plist(file):
    with open(file, "rb") as opened:
        return plistlib.load(opened)


def sources(folder, *parts):
    return {file: file.read_text() for part in parts for file in sorted((folder / part).rglob("*.swift"))}


def system_may_wake_it(folder):
    """Background modes and the identifiers of background tasks, as the sources name them."""
    info = plist(folder / "App/Info.plist")
    assert set(info["UIBackgroundModes"]) == {"fetch", "processing"}, info["UIBackgroundModes"]
    names = (folder / "App/Launch.swift").read_text()
    ends = dict(re.findall(r'static let (\w+) = "\\\(id\)\.(\w+)"', names))
    wanted = {f"$(SATCHEL_ID).{ends['processing']}", f"$(SATCHEL_ID).{ends['refresh']}", f"$(SATCHEL_ID).{ends['send']}.*"}
    assert set(info["BGTaskSchedulerPermittedIdentifiers"]) == wanted, info["BGTaskSchedulerPermittedIdentifiers"]


def tablets_turn_every_way(folder):
    """An iPad app that shares the screen turns every way, or the store takes it not (ITMS-90474)."""
    info = plist(folder / "App/Info.plist")
    ways = {f"UIInterfaceOrientation{way}" for way in ("Portrait", "PortraitUpsideDown", "LandscapeLeft", "LandscapeRight")}
    assert set(info["UISupportedInterfaceOrientations~ipad"]) == ways, info["UISupportedInterfaceOrientations~ipad"]


def person_is_told_why(folder):
    """A usage text for each thing that the sources ask a person for."""
    info = plist(folder / "App/Info.plist")
    text = "\n".join(sources(folder, "App").values())
    wanted = [key for pattern, key in ASKS.items() if re.search(pattern, text)] + [UPLOADS]
    assert len(wanted) == len(ASKS) + 1, f"something is asked for no more: {wanted}"
    for key in wanted:
        assert len(info.get(key, "").split()) >= 6, f"{key} says too little"
    unused = {key for key in info if key.endswith("UsageDescription")} - set(wanted)
    assert not unused, f"nothing asks for {unused}"


def links_open_it(folder):
    """Pairing codes open the app."""
    schemes = [one for kind in plist(folder / "App/Info.plist")["CFBundleURLTypes"] for one in kind["CFBundleURLSchemes"]]
    assert schemes == ["satchel"], schemes
    assert ".onOpenURL" in "\n".join(sources(folder, "App").values())


def rights_fit(folder):
    """App and extension share one app group, which both name by the id of the xcconfig."""
    app, share = plist(folder / "App/SatchelDemo.entitlements"), plist(folder / "Share/SatchelShare.entitlements")
    key = "com.apple.security.application-groups"
    assert app[key] == share[key] == ["group.$(SATCHEL_ID)"], (app, share)
    assert "NEHotspotNetwork" in "\n".join(sources(folder, "App").values())
    assert app["com.apple.developer.networking.wifi-info"] is True
    assert re.search(r"^SATCHEL_ID = [A-Za-z0-9.-]+$", (folder / "Signing.xcconfig").read_text(), re.MULTILINE)
    for part in ("App", "Share"):
        assert plist(folder / part / "Info.plist")["SatchelID"] == "$(SATCHEL_ID)", part
    names = [re.search(r'static let group = "group\.\\\(', text) for text in sources(folder, "App", "Share").values()]
    assert len([one for one in names if one]) == 2, "one of them names another group"


def privacy_is_declared(folder):
    """Privacy manifests: nothing is tracked, and each kind of API has reasons that exist."""
    kinds = {}
    for part in ("App", "Share"):
        manifest = plist(folder / part / "PrivacyInfo.xcprivacy")
        assert manifest["NSPrivacyTracking"] is False and manifest["NSPrivacyTrackingDomains"] == []
        assert manifest["NSPrivacyCollectedDataTypes"] == []
        kinds[part] = {}
        for one in manifest["NSPrivacyAccessedAPITypes"]:
            kind = one["NSPrivacyAccessedAPIType"].removeprefix("NSPrivacyAccessedAPICategory")
            reasons = set(one["NSPrivacyAccessedAPITypeReasons"])
            assert reasons and reasons <= REASONS[kind], f"{part}: {kind} for {reasons}"
            kinds[part][kind] = reasons
    assert {"FileTimestamp", "SystemBootTime", "DiskSpace"} <= set(kinds["App"]), kinds
    for part in kinds:
        asks = "UserDefaults" in "\n".join(sources(folder, part).values())
        assert asks == ("UserDefaults" in kinds[part]), f"{part}: UserDefaults"


def extension_only_delivers(folder):
    """The share extension: its class is there, it takes photos and films, and it knows nothing of the outbox."""
    extension = plist(folder / "Share/Info.plist")["NSExtension"]
    assert extension["NSExtensionPointIdentifier"] == "com.apple.share-services"
    rule = extension["NSExtensionAttributes"]["NSExtensionActivationRule"]
    assert rule["NSExtensionActivationSupportsImageWithMaxCount"] > 1 and rule["NSExtensionActivationSupportsMovieWithMaxCount"] > 1
    text = "\n".join(sources(folder, "Share").values())
    assert f"@objc({extension['NSExtensionPrincipalClass']})" in text
    imports = set(re.findall(r"^\s*(?:public |internal )?import (?:\w+ )?([\w.]+)", text, re.MULTILINE))
    assert "SatchelInbox" in imports and not imports & {"Satchel", "SatchelApple", "SatchelDemoModel"}, imports


def assets_are_whole(folder):
    """The catalogue's files are there; the icon is as large as it must be, and opaque."""
    catalogue = folder / "App/Assets.xcassets"
    for contents in catalogue.rglob("Contents.json"):
        read = json.loads(contents.read_text())
        for image in read.get("images", []):
            assert (contents.parent / image["filename"]).is_file(), f"{image['filename']} is missing"
        for colour in read.get("colors", []):
            assert set(colour["color"]["components"]) == {"red", "green", "blue", "alpha"}
    header = (catalogue / "AppIcon.appiconset/AppIcon.png").read_bytes()[:26]
    width, height, depth, kind = struct.unpack(">IIBB", header[16:26])
    assert header[:8] == b"\x89PNG\r\n\x1a\n" and (width, height, depth, kind) == (1024, 1024, 8, 2), (width, height, kind)
    assert (catalogue / "AccentColor.colorset/Contents.json").is_file()


def sources_are_ours(folder):
    """Each file says what it is for, and none that draws takes in Satchel's `Link` beside SwiftUI's."""
    all_files = sources(folder, "App", "Share", "UITests", "Model")
    assert len(all_files) > 20
    for file, text in all_files.items():
        name = file.relative_to(folder)
        assert text.startswith("// "), f"{name} does not say what it is for"
        assert len(text.splitlines()) <= 500, f"{name} is too long"
        both = re.search(r"^import SwiftUI$", text, re.MULTILINE) and re.search(r"^import Satchel$", text, re.MULTILINE)
        assert not both, f"{name} imports SwiftUI and all of Satchel: `Link` is both"


def tests_find_what_they_tap(folder):
    """What the UI tests look for by its identifier, a view has."""
    app = "\n".join(sources(folder, "App").values())
    given = set(re.findall(r'accessibilityIdentifier\("([^"]+)"\)', app))
    tests = "\n".join(sources(folder, "UITests").values())
    sought = set(re.findall(r'\["([a-z-]+)"\]', tests))
    assert sought and sought <= given, f"no view has {sought - given}"
    tabs = set(re.findall(r'case \w+ = "(\w+)"', (folder / "Model/Sources/SatchelDemoModel/DemoModel.swift").read_text()))
    assert tabs == {"Outbox", "Link", "Settings", "Tester"} and all(f'"{one}"' in tests for one in tabs)

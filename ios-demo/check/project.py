"""What must be true of the Xcode project: everything that it names is there, and everything that is there belongs to it."""

import re

import openstep

ID = re.compile(r"^[0-9A-F]{24}$")


class Project:
    """The project file, read."""

    def __init__(self, folder):
        self.folder = folder
        text = (folder / "Satchel.xcodeproj/project.pbxproj").read_text()
        if not text.startswith("// !$*UTF8*$!"):
            raise openstep.Malformed("it does not begin as Xcode's projects do")
        self.whole = openstep.read(text)
        self.objects = self.whole["objects"]

    def of(self, isa):
        return {key: value for key, value in self.objects.items() if value["isa"] == isa}

    def target(self, name):
        kinds = ("PBXNativeTarget", "PBXAggregateTarget")
        return next(one for one in self.objects.values() if one["isa"] in kinds and one["name"] == name)

    def settings(self, target):
        """The build settings of a target, by configuration."""
        configurations = self.objects[target["buildConfigurationList"]]["buildConfigurations"]
        return {self.objects[one]["name"]: self.objects[one]["buildSettings"] for one in configurations}

    def links(self, name):
        """The package products that a target links."""
        found = set()
        for phase in self.target(name)["buildPhases"]:
            if self.objects[phase]["isa"] == "PBXFrameworksBuildPhase":
                for file in self.objects[phase]["files"]:
                    found.add(self.objects[self.objects[file]["productRef"]]["productName"])
        return found


def references(value):
    """The ids in a value."""
    if isinstance(value, dict):
        return {id for one in value.values() for id in references(one)} | {key for key in value if ID.match(key)}
    if isinstance(value, list):
        return {id for one in value for id in references(one)}
    return {value} if ID.match(value) else set()


def hangs_together(folder):
    """Every object that is referred to is there, and every object is referred to."""
    project = Project(folder)
    assert project.whole["objectVersion"] == "77", "folder-synchronised groups need object version 77"
    root = project.whole["rootObject"]
    assert project.objects[root]["isa"] == "PBXProject", "the root is no project"
    seen, next_ones = set(), {root}
    while next_ones:
        one = next_ones.pop()
        assert one in project.objects, f"{one} is referred to, and not there"
        if one not in seen:
            seen.add(one)
            next_ones |= references(project.objects[one])
    lost = set(project.objects) - seen
    assert not lost, f"nothing refers to {sorted(lost)}"


def files_are_there(folder):
    """Every file and folder that the project names is there."""
    project = Project(folder)
    named = [one["path"] for one in project.of("PBXFileReference").values() if one["sourceTree"] == "<group>"]
    for group in project.of("PBXFileSystemSynchronizedRootGroup").values():
        named.append(group["path"])
        for exception in group.get("exceptions", []):
            exceptions = project.objects[exception]["membershipExceptions"]
            named += [f"{group['path']}/{one}" for one in exceptions]
    for configuration in project.of("XCBuildConfiguration").values():
        for key in ("INFOPLIST_FILE", "CODE_SIGN_ENTITLEMENTS"):
            if key in configuration["buildSettings"]:
                named.append(configuration["buildSettings"][key])
    for phase in project.of("PBXShellScriptBuildPhase").values():
        named += [one.removeprefix("$(SRCROOT)/") for one in phase["inputPaths"]]
    missing = [one for one in named if not (folder / one).exists()]
    assert named and not missing, f"named and missing: {missing}"


def targets_fit(folder):
    """App, extension, UI tests and the core: built in this order, the extension embedded, and linking the inbox alone."""
    project = Project(folder)
    kinds = {one["name"]: one.get("productType", "").rpartition(".")[2] for one in
             {**project.of("PBXNativeTarget"), **project.of("PBXAggregateTarget")}.values()}
    assert kinds == {"SatchelDemo": "application", "SatchelShare": "app-extension", "SatchelDemoUITests": "ui-testing",
                     "SatchelCore": ""}, kinds
    wanted = {"SatchelDemo": {"SatchelCore", "SatchelShare"}, "SatchelShare": {"SatchelCore"},
              "SatchelDemoUITests": {"SatchelDemo"}}
    for name, needs in wanted.items():
        built = {project.objects[project.objects[one]["target"]]["name"] for one in project.target(name)["dependencies"]}
        assert built == needs, f"{name} needs {built}"
    assert project.links("SatchelShare") == {"SatchelInbox"}, "the extension links more than the inbox"
    assert project.links("SatchelDemo") == {"SatchelDemoModel", "Satchel", "SatchelApple"}
    embedded = [project.objects[project.objects[file]["fileRef"]]["path"]
                for phase in project.of("PBXCopyFilesBuildPhase").values() for file in phase["files"]
                if phase["dstSubfolderSpec"] == "13"]
    assert embedded == ["SatchelShare.appex"], f"embedded: {embedded}"
    for group in project.of("PBXFileSystemSynchronizedRootGroup"):
        owners = [one["name"] for one in project.of("PBXNativeTarget").values() if group in one["fileSystemSynchronizedGroups"]]
        assert len(owners) == 1, f"a folder belongs to {owners}"


def packages_are_composed_there(folder):
    """The packages stand where they are made, and make the products that are linked."""
    project = Project(folder)
    paths = {one["relativePath"] for one in project.of("XCLocalSwiftPackageReference").values()}
    assert paths == {"Model", "../target/bindings/apple/Satchel"}, paths
    xtask = (folder / "../core/xtask/src/bindings/swift.rs").read_text()
    assert '"apple/Satchel"' in xtask, "cargo xtask bindings apple composes the package elsewhere"
    manifests = [folder / "Model/Package.swift", folder / "../bindings/swift/Package.swift"]
    text = "".join(one.read_text() for one in manifests)
    for product in project.links("SatchelDemo") | project.links("SatchelShare"):
        assert f'"{product}"' in text, f"no package makes {product}"
    model = manifests[0].read_text()
    for configuration in project.settings(project.objects[project.whole["rootObject"]]).values():
        least = configuration["IPHONEOS_DEPLOYMENT_TARGET"].removesuffix(".0")
        assert f".iOS(.v{least})" in model, f"the model is not for iOS {least}"


def scheme_is_shared(folder):
    """The shared scheme builds, runs and tests targets that are there."""
    project = Project(folder)
    scheme = (folder / "Satchel.xcodeproj/xcshareddata/xcschemes/SatchelDemo.xcscheme").read_text()
    named = dict(re.findall(r'BlueprintIdentifier = "(\w+)"\s+BuildableName = "([^"]+)"', scheme))
    assert set(named.values()) == {"SatchelDemo.app", "SatchelDemoUITests.xctest"}, named
    for id, product in named.items():
        target = project.objects.get(id, {})
        assert target and project.objects[target["productReference"]]["path"] == product, f"{product} is not {id}"
    assert "TestableReference" in scheme

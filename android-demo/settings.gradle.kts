pluginManagement {
    repositories {
        google()
        mavenCentral()
        gradlePluginPortal()
    }
}

dependencyResolutionManagement {
    repositoriesMode = RepositoriesMode.FAIL_ON_PROJECT_REPOS
    repositories {
        google()
        mavenCentral()
    }
}

rootProject.name = "satchel-android-demo"
include(":app")

// The library as it lies beside this project: its build builds Rust, too.
includeBuild("../bindings/kotlin/android")

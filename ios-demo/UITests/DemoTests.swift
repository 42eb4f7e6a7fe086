// What a person, and VoiceOver, finds in the running app. Needs a simulator; an outbox of its own is made for it by erasing the
// simulator before, or by deleting the app.

import XCTest

final class DemoTests: XCTestCase {
    override func setUpWithError() throws {
        continueAfterFailure = false
    }

    /// The app, with its outbox open.
    @MainActor
    private func launched(_ arguments: String...) -> XCUIApplication {
        let app = XCUIApplication()
        app.launchArguments += arguments
        app.launch()
        XCTAssertTrue(app.tabBars.buttons["Outbox"].waitForExistence(timeout: 20), "the outbox is open")
        return app
    }

    @MainActor
    func testEachTabHasItsScreen() {
        let app = launched()
        for name in ["Link", "Settings", "Tester", "Outbox"] {
            app.tabBars.buttons[name].tap()
            XCTAssertTrue(app.navigationBars[name].waitForExistence(timeout: 5), name)
        }
    }

    @MainActor
    func testAWrongCodeSaysWhatToDo() {
        let app = launched()
        app.tabBars.buttons["Settings"].tap()
        app.buttons["pair"].tap()
        let code = app.textFields["code"].exists ? app.textFields["code"] : app.textViews["code"]
        XCTAssertTrue(code.waitForExistence(timeout: 5))
        code.tap()
        code.typeText("satchel://nowhere")
        app.buttons["pair-now"].tap()
        let notice = app.descendants(matching: .any)["pairing-notice"]
        XCTAssertTrue(notice.waitForExistence(timeout: 10))
        XCTAssertTrue(notice.label.contains("This phone is not paired"), notice.label)
    }

    @MainActor
    func testWhatIsPretendedStandsOnEveryScreen() {
        let app = launched()
        app.tabBars.buttons["Tester"].tap()
        app.buttons.matching(NSPredicate(format: "label BEGINSWITH %@", "Roaming")).firstMatch.tap()
        for name in ["Outbox", "Link", "Settings", "Tester"] {
            app.tabBars.buttons[name].tap()
            let banner = app.descendants(matching: .any)["pretending"]
            XCTAssertTrue(banner.waitForExistence(timeout: 5), name)
            XCTAssertEqual(banner.label, "Pretending: Roaming")
        }
    }

    @MainActor
    func testWhatIsNoNeutralAddressIsToldBesideItsField() {
        let app = launched()
        app.tabBars.buttons["Settings"].tap()
        let neutral = app.textFields["neutral"].exists ? app.textFields["neutral"] : app.textViews["neutral"]
        for _ in 0..<5 where !neutral.isHittable { app.swipeUp() }
        XCTAssertTrue(neutral.waitForExistence(timeout: 5))
        neutral.tap()
        neutral.typeText("nowhere")
        app.buttons["keep-neutral"].tap()
        let problem = app.descendants(matching: .any)["problem"]
        XCTAssertTrue(problem.waitForExistence(timeout: 10))
        XCTAssertTrue(problem.label.contains("nowhere is no address"), problem.label)
    }

    @MainActor
    func testWaysAndBlocksStandOnTheLinkScreenBeforeThereAreAny() {
        let app = launched()
        app.tabBars.buttons["Link"].tap()
        for title in ["Ways to the server", "Blocks"] {
            let header = app.staticTexts.matching(NSPredicate(format: "label ==[c] %@", title)).firstMatch
            for _ in 0..<5 where !header.exists { app.swipeUp() }
            XCTAssertTrue(header.waitForExistence(timeout: 5), title)
        }
    }

    @MainActor
    func testASampleIsALineThatVoiceOverReadsWhole() {
        let app = launched()
        app.tabBars.buttons["Tester"].tap()
        app.buttons["Add 10 pictures"].tap()
        app.tabBars.buttons["Outbox"].tap()
        let line = app.buttons.matching(NSPredicate(format: "label BEGINSWITH %@", "Sample ")).firstMatch
        XCTAssertTrue(line.waitForExistence(timeout: 20))
        XCTAssertTrue(line.label.contains("Photo"), line.label)
        line.tap()
        XCTAssertTrue(app.descendants(matching: .any)["caption"].waitForExistence(timeout: 5))
    }

    /// The system's own audit: labels, contrast, cut-off text, sizes of what is tapped.
    @MainActor
    func testEachScreenPassesTheSystemsAudit() throws {
        let app = launched()
        for name in ["Outbox", "Link", "Settings", "Tester"] {
            app.tabBars.buttons[name].tap()
            try app.performAccessibilityAudit()
        }
    }

    /// The same at the largest letters.
    @MainActor
    func testTheLargestLettersAreNotCutOff() throws {
        let app = launched(
            "-UIPreferredContentSizeCategoryName", "UICTContentSizeCategoryAccessibilityXXXL")
        for name in ["Link", "Settings", "Tester"] {
            app.tabBars.buttons[name].tap()
            try app.performAccessibilityAudit(for: [.textClipped, .dynamicType])
        }
    }
}

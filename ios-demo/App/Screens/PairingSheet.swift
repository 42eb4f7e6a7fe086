// Pairing: by the code that a receiver shows, scanned, typed, or brought by a link.

import AVFoundation
import SatchelDemoModel
import SwiftUI
import VisionKit

struct PairingSheet: View {
    @Bindable var settings: SettingsModel
    @State private var scanning = false
    @State private var cameraRefused = false
    @Environment(\.dismiss) private var dismiss

    var body: some View {
        NavigationStack {
            Form {
                Section {
                    if CodeScanner.isThere {
                        Button("Scan the code", systemImage: "qrcode.viewfinder") { Task { await scan() } }
                    }
                    if cameraRefused {
                        Text("Satchel may not use the camera. Allow it in the Settings app, or type the code.")
                    }
                    TextField("satchel://…", text: $settings.code, axis: .vertical)
                        .textInputAutocapitalization(.never)
                        .autocorrectionDisabled()
                        .keyboardType(.URL)
                        .accessibilityLabel("Pairing code")
                        .accessibilityIdentifier("code")
                } header: {
                    Text("Pairing code")
                } footer: {
                    Text("“satchel serve” shows it. It holds for one phone.")
                }
                Section {
                    TextField("This phone’s name", text: $settings.device).accessibilityLabel("This phone’s name")
                    TextField("Your name", text: $settings.contributor)
                        .textContentType(.name)
                        .accessibilityLabel("Your name, shown with your photos")
                } footer: {
                    Text("Your photos are shown under your name; under the phone’s where you leave it out.")
                }
                if let question = settings.question {
                    Section { Label(question, systemImage: "questionmark.circle") }
                }
                if let notice = settings.pairingNotice {
                    Section {
                        Label {
                            VStack(alignment: .leading) {
                                Text(notice.title).font(.headline)
                                Text(notice.words)
                            }
                        } icon: {
                            Image(systemName: "exclamationmark.triangle").foregroundStyle(.orange)
                        }
                        .accessibilityElement(children: .combine)
                        .accessibilityIdentifier("pairing-notice")
                    }
                }
            }
            .navigationTitle("Pair with a receiver")
            .navigationBarTitleDisplayMode(.inline)
            .toolbar {
                ToolbarItem(placement: .cancellationAction) { Button("Cancel") { dismiss() } }
                ToolbarItem(placement: .confirmationAction) {
                    if settings.pairing {
                        ProgressView()
                    } else {
                        Button("Pair") { Task { if await settings.pair() { dismiss() } } }
                            .disabled(!settings.canPair)
                            .accessibilityIdentifier("pair-now")
                    }
                }
            }
            .sheet(isPresented: $scanning) {
                CodeScanner { found in
                    if settings.take(code: found) { scanning = false }
                }
                .ignoresSafeArea()
            }
        }
    }
}

extension PairingSheet {
    /// The scanner does not ask for the camera itself.
    private func scan() async {
        cameraRefused = !(await AVCaptureDevice.requestAccess(for: .video))
        scanning = !cameraRefused
    }
}

/// The system's scanner, for QR codes.
private struct CodeScanner: UIViewControllerRepresentable {
    let found: (String) -> Void

    /// A camera and a processor that can do it; in the simulator there are none.
    @MainActor static var isThere: Bool { DataScannerViewController.isSupported }

    func makeUIViewController(context: Context) -> DataScannerViewController {
        let scanner = DataScannerViewController(
            recognizedDataTypes: [.barcode(symbologies: [.qr])], isHighlightingEnabled: true)
        scanner.delegate = context.coordinator
        return scanner
    }

    func updateUIViewController(_ scanner: DataScannerViewController, context: Context) {
        context.coordinator.found = found
        try? scanner.startScanning()
    }

    static func dismantleUIViewController(_ scanner: DataScannerViewController, coordinator: Coordinator) {
        scanner.stopScanning()
    }

    func makeCoordinator() -> Coordinator { Coordinator(found) }

    final class Coordinator: NSObject, DataScannerViewControllerDelegate {
        var found: (String) -> Void

        init(_ found: @escaping (String) -> Void) {
            self.found = found
        }

        func dataScanner(
            _ scanner: DataScannerViewController, didAdd added: [RecognizedItem], allItems: [RecognizedItem]
        ) {
            for case .barcode(let code) in added {
                if let text = code.payloadStringValue { found(text) }
            }
        }
    }
}

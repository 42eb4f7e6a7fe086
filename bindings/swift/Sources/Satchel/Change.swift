// What an outbox tells of itself.

internal import SatchelGenerated

/// Something changed. Whoever shows a list asks for its page again.
public enum Change: Hashable, Sendable {
    /// Assets were added, revised, removed or set going again; or so much changed that not all of it could be told.
    case assets
    /// A part was read: its content is known.
    case read(AssetID)
    /// An upload moved: `sent` of `bytes` were handed to the network. Of assets that share it, the first is named.
    case progress(AssetID, Rendition, target: TargetID, sent: Int, bytes: Int)
    /// A delivery is done. Of assets that share it the first is named; none when the server had it already.
    case delivered(AssetID?, Rendition, target: TargetID, Proof)
    /// A delivery needs a person.
    case parked(AssetID?, ParkReason)
    /// Something went wrong at a target; it is tried again.
    case trouble(TargetID, Trouble)
    /// The ways to a target fare otherwise than before: ``Satchel/Satchel/endpoints(of:)``.
    case endpoints(TargetID)
    /// Nothing can be done until then.
    case idle(Wake)
    /// A change of a later version.
    case other(code: String)

    init(_ core: SatchelGenerated.Change) {
        self =
            switch core {
            case .assets: .assets
            case .read(let asset): .read(AssetID(rawValue: asset))
            case .progress(let asset, let rendition, let target, let sent, let bytes):
                .progress(
                    AssetID(rawValue: asset), Rendition(rendition), target: TargetID(rawValue: target),
                    sent: Int(count: sent), bytes: Int(count: bytes))
            case .delivered(let asset, let rendition, let target, let proof):
                .delivered(
                    asset.map(AssetID.init(rawValue:)), Rendition(rendition), target: TargetID(rawValue: target),
                    Proof(proof))
            case .parked(let asset, let reason): .parked(asset.map(AssetID.init(rawValue:)), ParkReason(reason))
            case .trouble(let target, let trouble): .trouble(TargetID(rawValue: target), Trouble(trouble))
            case .endpoints(let target): .endpoints(TargetID(rawValue: target))
            case .idle(let wake): .idle(Wake(wake))
            case .other(let code): .other(code: code)
            }
    }
}

// Pictures of assets for the screens, small ones of many and a large one of one, made by the system.

import AVFoundation
import Foundation
import ImageIO
import Photos
import Satchel
import UIKit

/// Makes and keeps pictures, for as long as there is memory for them.
actor Pictures {
    static let shared = Pictures()

    private let kept = NSCache<NSString, UIImage>()

    /// A picture of about so many pixels; none where there is nothing to be seen, or not on this phone just now.
    func picture(of source: Source, id: AssetID, pixels: CGFloat) async -> UIImage? {
        let key = "\(id.rawValue) \(Int(pixels))" as NSString
        if let picture = kept.object(forKey: key) { return picture }
        let made: UIImage? =
            switch source {
            case .file(let file): await Self.picture(of: file, pixels)
            case .library(let item): await Self.picture(ofItem: item, pixels)
            }
        if let made { kept.setObject(made, forKey: key) }
        return made
    }

    private static func picture(of file: URL, _ pixels: CGFloat) async -> UIImage? {
        let options: [CFString: Any] = [
            kCGImageSourceCreateThumbnailFromImageAlways: true, kCGImageSourceCreateThumbnailWithTransform: true,
            kCGImageSourceThumbnailMaxPixelSize: pixels,
        ]
        if let image = CGImageSourceCreateWithURL(file as CFURL, nil),
            let picture = CGImageSourceCreateThumbnailAtIndex(image, 0, options as CFDictionary)
        {
            return UIImage(cgImage: picture)
        }
        let film = AVAssetImageGenerator(asset: AVURLAsset(url: file))
        film.appliesPreferredTrackTransform = true
        film.maximumSize = CGSize(width: pixels, height: pixels)
        return (try? await film.image(at: .zero)).map { UIImage(cgImage: $0.image) }
    }

    private static func picture(ofItem item: String, _ pixels: CGFloat) async -> UIImage? {
        guard let asset = PHAsset.fetchAssets(withLocalIdentifiers: [item], options: nil).firstObject else {
            return nil
        }
        let options = PHImageRequestOptions()
        // It answers once, and with what is on the phone: a list costs no bytes.
        options.deliveryMode = .highQualityFormat
        options.isNetworkAccessAllowed = false
        return await withCheckedContinuation { answer in
            PHImageManager.default().requestImage(
                for: asset, targetSize: CGSize(width: pixels, height: pixels), contentMode: .aspectFill,
                options: options
            ) { picture, _ in answer.resume(returning: picture) }
        }
    }
}

/*
 * Assets, posts and what adding came to. Byte counts are signed in the API, as Kotlin's own libraries have them.
 */
package app.satchel.internal

import app.satchel.AddKind
import app.satchel.AddOptions
import app.satchel.Added
import app.satchel.Asset
import app.satchel.AssetId
import app.satchel.AssetKind
import app.satchel.BlobHash
import app.satchel.Counts
import app.satchel.Delivery
import app.satchel.FolderFault
import app.satchel.FolderReport
import app.satchel.Motion
import app.satchel.MotionView
import app.satchel.Place
import app.satchel.Post
import app.satchel.PostEdit
import app.satchel.Rendition
import app.satchel.SourceFault
import app.satchel.TargetId
import java.io.File
import app.satchel.internal.ffi.AddKind as RawAddKind
import app.satchel.internal.ffi.AddOptions as RawAddOptions
import app.satchel.internal.ffi.Added as RawAdded
import app.satchel.internal.ffi.Asset as RawAsset
import app.satchel.internal.ffi.AssetKind as RawAssetKind
import app.satchel.internal.ffi.Counts as RawCounts
import app.satchel.internal.ffi.Delivery as RawDelivery
import app.satchel.internal.ffi.FolderFault as RawFolderFault
import app.satchel.internal.ffi.FolderReport as RawFolderReport
import app.satchel.internal.ffi.Motion as RawMotion
import app.satchel.internal.ffi.MotionView as RawMotionView
import app.satchel.internal.ffi.Place as RawPlace
import app.satchel.internal.ffi.Post as RawPost
import app.satchel.internal.ffi.PostEdit as RawPostEdit
import app.satchel.internal.ffi.Rendition as RawRendition

internal fun RawAsset.toApi(): Asset = Asset(
    id = AssetId(id),
    seq = seq,
    kind = kind.toApi(),
    source = source.toApi(),
    name = name,
    hash = hash?.let(::BlobHash),
    bytes = bytes.toLong(),
    motion = motion?.toApi(),
    urgent = urgent,
    added = instant(addedUtcMs),
    post = post.toApi(),
    revision = revision.toInt(),
    state = state.toApi(),
    sent = sent.toLong(),
    acknowledged = acknowledged.toLong(),
    deliveries = deliveries.map { it.toApi() },
)

internal fun RawMotionView.toApi(): MotionView = MotionView(source.toApi(), name, hash?.let(::BlobHash), bytes.toLong())

internal fun RawDelivery.toApi(): Delivery = Delivery(
    target = TargetId(target),
    rendition = rendition.toApi(),
    state = state.toApi(),
    bytes = bytes.toLong(),
    sent = sent.toLong(),
    acknowledged = acknowledged.toLong(),
    receipt = receipt,
    redacted = redacted,
)

internal fun RawCounts.toApi(): Counts = Counts(
    unread = unread.toLong(),
    unreadable = unreadable.toLong(),
    open = open.toLong(),
    openBytes = openBytes.toLong(),
    parked = parked.toLong(),
    delivered = delivered.toLong(),
    deliveredBytes = deliveredBytes.toLong(),
    postsOpen = postsOpen.toLong(),
    postsParked = postsParked.toLong(),
    postsDelivered = postsDelivered.toLong(),
)

internal fun RawAssetKind.toApi(): AssetKind = when (this) {
    RawAssetKind.PHOTO -> AssetKind.Photo
    RawAssetKind.VIDEO -> AssetKind.Video
    RawAssetKind.PAIR -> AssetKind.Pair
    RawAssetKind.OTHER -> AssetKind.Other
}

internal fun RawRendition.toApi(): Rendition = when (this) {
    RawRendition.TEXT -> Rendition.Text
    RawRendition.PREVIEW -> Rendition.Preview
    RawRendition.PRESS -> Rendition.Press
    RawRendition.ORIGINAL -> Rendition.Original
}

internal fun RawPost.toApi(): Post = Post(caption, tags, place?.toApi(), author, time)

internal fun RawPlace.toApi(): Place = Place(latitude, longitude, name)

internal fun Place.toRaw(): RawPlace = RawPlace(latitude, longitude, name)

internal fun PostEdit.toRaw(): RawPostEdit = RawPostEdit(caption, tags, place?.toRaw(), author, time)

internal fun AddOptions.toRaw(): RawAddOptions = RawAddOptions(post.toRaw(), urgent, album, copy, motion?.toRaw())

internal fun Motion.toRaw(): RawMotion = when (this) {
    is Motion.File -> RawMotion.File(file.absolutePath)
    is Motion.Item -> RawMotion.Item(item.toRaw())
    is Motion.Staged -> RawMotion.Staged(stage.id, name)
}

internal fun RawAdded.toApi(): Added = Added(
    AssetId(id),
    when (kind) {
        RawAddKind.ADDED -> AddKind.Added
        RawAddKind.REVISED -> AddKind.Revised
        RawAddKind.UNCHANGED -> AddKind.Unchanged
    },
)

internal fun RawFolderReport.toApi(): FolderReport = FolderReport(
    added = added.toLong(),
    revised = revised.toLong(),
    unchanged = unchanged.toLong(),
    skipped = skipped.toLong(),
    failed = failed.toLong(),
    faults = faults.map { it.toApi() },
)

internal fun RawFolderFault.toApi(): FolderFault = FolderFault(File(path), sourceFault(code), words)

/** A fault by its code; the library's side of it is in `bindings/ffi/src/error.rs`. */
internal fun sourceFault(code: String): SourceFault = when (code) {
    "gone" -> SourceFault.Gone
    "unreadable" -> SourceFault.Unreadable
    "empty" -> SourceFault.Empty
    "changed" -> SourceFault.Changed
    "not_a_file" -> SourceFault.NotAFile
    "loop" -> SourceFault.Loop
    "away" -> SourceFault.Away
    "in_cloud" -> SourceFault.InCloud
    "io" -> SourceFault.Io
    else -> SourceFault.Other(code)
}

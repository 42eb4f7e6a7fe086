/*
 * From the description of a job to the system's own, and back from one that is set.
 */
package app.satchel.android.jobs

import android.app.job.JobInfo
import android.content.ComponentName
import android.content.Context
import android.net.NetworkCapabilities
import android.net.NetworkRequest
import android.os.Build
import android.os.PersistableBundle
import android.provider.MediaStore
import app.satchel.android.RequiresLevel
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

/** Makes the system's descriptions of jobs. */
internal class JobInfos(private val context: Context, private val firstId: Int) {
    /** The two ids of a kind. */
    fun ids(kind: JobKind): List<Int> = listOf(firstId + 2 * kind.ordinal, firstId + 2 * kind.ordinal + 1)

    fun of(description: JobDescription, id: Int, now: Instant): JobInfo {
        val builder = builder(id, UploadJobService::class.java, description)
        network(builder, description.network)
        builder.setRequiresCharging(description.charging)
        // A job must ask for something: where there is nothing else, for no time at all.
        val latency = description.notBefore?.let { it - now } ?: 0.seconds
        builder.setMinimumLatency(latency.inWholeMilliseconds.coerceAtLeast(0))
        builder.setPersisted(true)
        builder.setBackoffCriteria(BACKOFF.inWholeMilliseconds, JobInfo.BACKOFF_POLICY_EXPONENTIAL)
        if (Build.VERSION.SDK_INT >= 33 && description.network != JobNetwork.None) estimate(builder, description.bytes)
        return builder.build()
    }

    /** A job for when the phone's library changes. The system does not keep such a job over a restart. */
    fun photos(id: Int): JobInfo {
        val builder = builder(id, PhotosJobService::class.java, JobDescription(JobKind.Photos, JobNetwork.None))
        for (uri in listOf(MediaStore.Images.Media.EXTERNAL_CONTENT_URI, MediaStore.Video.Media.EXTERNAL_CONTENT_URI)) {
            builder.addTriggerContentUri(JobInfo.TriggerContentUri(uri, JobInfo.TriggerContentUri.FLAG_NOTIFY_FOR_DESCENDANTS))
        }
        // A burst is one call.
        builder.setTriggerContentUpdateDelay(SETTLE.inWholeMilliseconds)
        builder.setTriggerContentMaxDelay(AT_LATEST.inWholeMilliseconds)
        return builder.build()
    }

    /** A user-initiated data transfer job. */
    @RequiresLevel(34)
    fun userInitiated(id: Int, bytes: Long): JobInfo {
        val description = JobDescription(JobKind.SendNow, JobNetwork.Any, bytes = bytes)
        val builder = builder(id, UploadJobService::class.java, description)
        network(builder, description.network)
        estimate(builder, bytes)
        return builder.setUserInitiated(true).build()
    }

    /** An expedited job. */
    @RequiresLevel(31)
    fun expedited(id: Int, bytes: Long): JobInfo {
        val description = JobDescription(JobKind.SendNow, JobNetwork.Any, bytes = bytes)
        val builder = builder(id, UploadJobService::class.java, description)
        network(builder, description.network)
        if (Build.VERSION.SDK_INT >= 33) estimate(builder, bytes)
        return builder.setExpedited(true).build()
    }

    private fun builder(id: Int, service: Class<*>, description: JobDescription): JobInfo.Builder =
        JobInfo.Builder(id, ComponentName(context, service)).setExtras(description.toExtras())

    private fun network(builder: JobInfo.Builder, network: JobNetwork) {
        when (network) {
            JobNetwork.None -> builder.setRequiredNetworkType(JobInfo.NETWORK_TYPE_NONE)
            JobNetwork.Any -> builder.setRequiredNetworkType(JobInfo.NETWORK_TYPE_ANY)
            JobNetwork.NotRoaming -> builder.setRequiredNetworkType(JobInfo.NETWORK_TYPE_NOT_ROAMING)
            JobNetwork.Unmetered -> builder.setRequiredNetworkType(JobInfo.NETWORK_TYPE_UNMETERED)
            JobNetwork.NotCellular -> notCellular(builder)
        }
    }

    /** A request names the carriers that would do; a VPN over one of them does too. */
    @RequiresLevel(28)
    private fun notCellular(builder: JobInfo.Builder) {
        val request =
            NetworkRequest
                .Builder()
                .addCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET)
                .addCapability(NetworkCapabilities.NET_CAPABILITY_VALIDATED)
                .removeCapability(NetworkCapabilities.NET_CAPABILITY_NOT_VPN)
                .addTransportType(NetworkCapabilities.TRANSPORT_WIFI)
                .addTransportType(NetworkCapabilities.TRANSPORT_ETHERNET)
                .addTransportType(NetworkCapabilities.TRANSPORT_BLUETOOTH)
        builder.setRequiredNetwork(request.build())
    }

    /**
     * The system holds back a job that could not go up whole within its time, unless it knows that a part is worth a call too. Before 33
     * that cannot be said, so there the amount is not said either.
     */
    @RequiresLevel(33)
    private fun estimate(builder: JobInfo.Builder, bytes: Long) {
        val up = if (bytes > 0) bytes else JobInfo.NETWORK_BYTES_UNKNOWN.toLong()
        builder.setEstimatedNetworkBytes(JobInfo.NETWORK_BYTES_UNKNOWN.toLong(), up)
        // A chunk above the estimate is refused.
        if (bytes > 0) builder.setMinimumNetworkChunkBytes(minOf(bytes, CHUNK))
    }

    private companion object {
        val BACKOFF = 1.minutes
        val SETTLE = 5.seconds
        val AT_LATEST = 1.minutes
        const val CHUNK = 1_000_000L
    }
}

private const val KIND = "satchel.kind"
private const val NETWORK = "satchel.network"
private const val CHARGING = "satchel.charging"
private const val NOT_BEFORE = "satchel.notBefore"
private const val BYTES = "satchel.bytes"

private fun JobDescription.toExtras() = PersistableBundle().apply {
    putString(KIND, kind.name)
    putString(NETWORK, network.name)
    putInt(CHARGING, if (charging) 1 else 0)
    notBefore?.let { putLong(NOT_BEFORE, it.toEpochMilliseconds()) }
    putLong(BYTES, bytes)
}

/** What a job was made of; null where it is none of ours. */
internal fun describedBy(extras: PersistableBundle): JobDescription? {
    val kind = JobKind.entries.find { it.name == extras.getString(KIND) } ?: return null
    val network = JobNetwork.entries.find { it.name == extras.getString(NETWORK) } ?: return null
    val notBefore = if (extras.containsKey(NOT_BEFORE)) Instant.fromEpochMilliseconds(extras.getLong(NOT_BEFORE)) else null
    return JobDescription(kind, network, extras.getInt(CHARGING) == 1, notBefore, extras.getLong(BYTES))
}

/** Whether to ask for the one when the other is set would change nothing worth it: each asking begins the system's waits anew. */
internal fun JobDescription.isMuchLike(other: JobDescription, now: Instant): Boolean {
    if (kind != other.kind || network != other.network || charging != other.charging) return false
    if (bytes.takeHighestOneBit() != other.bytes.takeHighestOneBit()) return false
    val (mine, others) = Pair(notBefore?.takeIf { it > now }, other.notBefore?.takeIf { it > now })
    if (mine == null || others == null) return mine == others
    return (mine - others).absoluteValue < 1.minutes
}

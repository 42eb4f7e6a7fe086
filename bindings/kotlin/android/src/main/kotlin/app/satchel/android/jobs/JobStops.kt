/*
 * What the system says when it ends a job, and how long it is then to be left alone.
 */
package app.satchel.android.jobs

import android.app.job.JobParameters
import android.app.usage.UsageStatsManager
import android.content.Context
import android.os.Build
import app.satchel.android.RequiresLevel
import app.satchel.android.Stop
import app.satchel.android.StopReason
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Instant

/** The numbers are `JobParameters.STOP_REASON_…`; "Behavior changes" of API 31 has them. Pure. */
internal fun stopReason(code: Int): StopReason = when (code) {
    1 -> StopReason.App

    2 -> StopReason.Preempted

    // Of 36 on: the job was given up by the app without a word.
    3, 16 -> StopReason.Time

    4 -> StopReason.Device

    5 -> StopReason.BatteryLow

    6 -> StopReason.NotCharging

    7 -> StopReason.NetworkGone

    8 -> StopReason.InUse

    9 -> StopReason.StorageLow

    10 -> StopReason.Quota

    11 -> StopReason.Restricted

    12 -> StopReason.Standby

    13 -> StopReason.Person

    14, 15 -> StopReason.System

    else -> StopReason.Unknown
}

/**
 * The window in which a quota is counted, by the app's standby bucket ("Power management resource limits"): before it has passed, to
 * ask again is in vain. Pure.
 */
internal fun quotaWindow(bucket: Int?): Duration = when {
    bucket == null || bucket <= ACTIVE -> 1.hours
    bucket <= WORKING_SET -> 2.hours
    bucket <= FREQUENT -> 8.hours
    else -> 24.hours
}

/** What became of a job that was ended, from why. Pure. */
internal fun stopOf(reason: StopReason, bucket: Int?, now: Instant): Stop = Stop(
    reason,
    now,
    when (reason) {
        StopReason.Quota -> now + quotaWindow(bucket)
        StopReason.Person -> now + JobPlan.NOT_AGAIN
        else -> null
    },
)

/** Why the system ended a job. */
internal fun JobParameters.reason(): StopReason = if (Build.VERSION.SDK_INT >= 31) stopReason(code()) else StopReason.Unknown

@RequiresLevel(31)
private fun JobParameters.code(): Int = stopReason

/** The app's standby bucket, which needs no permission for the app itself. */
internal fun standbyBucket(context: Context): Int? = if (Build.VERSION.SDK_INT >= 28) bucket(context) else null

@RequiresLevel(28)
private fun bucket(context: Context): Int? = context.getSystemService(UsageStatsManager::class.java)?.appStandbyBucket

private const val ACTIVE = 10
private const val WORKING_SET = 20
private const val FREQUENT = 30

/*
 * Why the system ended a job before it was done, in words.
 */
package app.satchel.android

import kotlin.time.Instant

/**
 * The system ended a job before it was done. Nothing was lost: a later job goes on.
 *
 * @property reason why.
 * @property at when.
 * @property notBefore no new job is asked for before this; null where the system may begin again when it likes.
 */
public data class Stop(public val reason: StopReason, public val at: Instant, public val notBefore: Instant? = null) {
    /** The reason for a person, in English. */
    public val words: String get() = reason.words
}

/** Why the system ended a job (`JobParameters.STOP_REASON_…`, API 31; before that it does not say). */
public enum class StopReason(
    /** Its name, the same in logs and reports. */
    public val code: String,
    /** For a person, in English. */
    public val words: String,
) {
    /** It did not say. */
    Unknown("unknown", "the system ended it without saying why"),

    /** The app did. */
    App("app", "the app ended it"),

    /** Something more pressing came. */
    Preempted("preempted", "the system had something more pressing to do"),

    /** A job may take so long and no longer. */
    Time("time", "the time that the system gives a job was over"),

    /** The device is hot, busy or short of memory. */
    Device("device", "the phone is hot, busy or short of memory"),

    /** The battery is low. */
    BatteryLow("battery_low", "the battery is low"),

    /** The charger was taken off. */
    NotCharging("not_charging", "the phone is not charged any more"),

    /** The network that it needs is gone. */
    NetworkGone("network_gone", "the network that it needs is gone"),

    /** The device is in use again. */
    InUse("in_use", "the phone is in use again"),

    /** The storage is nearly full. */
    StorageLow("storage_low", "the phone's storage is nearly full"),

    /** The app used up the time that the system gives it in the background. */
    Quota("quota", "the app used up the time that the system gives it in the background"),

    /** A person restricted the app in the background. */
    Restricted("restricted", "the app is restricted in the background; the phone's settings for this app can change that"),

    /** The app was not used for long. */
    Standby("standby", "the app was not used for long, so the system lets it work less often"),

    /** A person stopped it. */
    Person("person", "it was stopped by hand"),

    /** The system needed the time itself. */
    System("system", "the system needed the time itself"),
}

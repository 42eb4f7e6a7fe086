// Certificates that OpenSSL made, for reading the key out of one.

enum Certificates {
    struct One: Sendable, CustomStringConvertible {
        let description: String
        let certificate: String
        /// Its subject public key info.
        let key: String
    }

    static let all = [
        One(
            description: "P-256",
            certificate:
                "MIIBejCCASGgAwIBAgIUKJ8pxYg4AZa84eqh5soE4Fk+/owwCgYIKoZIzj0EAwIwEjEQMA4GA1UEAwwHc2F0Y2hlbDAgFw0y"
                + "NjExMjEyMDAwNTBaGA8yMDUxMDcxMzIwMDA1MFowEjEQMA4GA1UEAwwHc2F0Y2hlbDBZMBMGByqGSM49AgEGCCqGSM49AwEH"
                + "A0IABAf2+zt5k0Gyyz4V7Ry4J0RQHFHGH5UTtWQIWiqqGrSDY2VVHSSAP4qyXjXRD5ygOTGNeKDDJoMPSEaNP0fs2JqjUzBR"
                + "MB0GA1UdDgQWBBSv5Xonm/3j870OF92k9WPRHYco6DAfBgNVHSMEGDAWgBSv5Xonm/3j870OF92k9WPRHYco6DAPBgNVHRMB"
                + "Af8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIFKHiuSmoUs8TviXIHMa7v9h7rDO/c/KwdIxGRruUy05AiA4ifB4KgIgPvOA"
                + "0VlqzKbjUA7peObojvaq/3h4hJ5QFg==",
            key: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEB/b7O3mTQbLLPhXtHLgnRFAcUcYflRO1ZAhaKqoatINjZVUdJIA/irJeNdEP"
                + "nKA5MY14oMMmgw9IRo0/R+zYmg=="),
        One(
            description: "Ed25519",
            certificate:
                "MIIBOjCB7aADAgECAhR9Dmxe+QYfUWrCDQqR7Sip8g26WjAFBgMrZXAwEjEQMA4GA1UEAwwHc2F0Y2hlbDAgFw0yNjExMjEy"
                + "MDAwNTBaGA8yMDUxMDcxMzIwMDA1MFowEjEQMA4GA1UEAwwHc2F0Y2hlbDAqMAUGAytlcAMhAKl2lvY52/GTDECBcUSZRV83"
                + "Iy2SPjO5rh1YhOKqWpl+o1MwUTAdBgNVHQ4EFgQUhqueQxyCcjpGmdsjXBz/Ndt/5KQwHwYDVR0jBBgwFoAUhqueQxyCcjpG"
                + "mdsjXBz/Ndt/5KQwDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXADQQAmBADsK6UgktRGhYf9OdbT5hyh+57Vj/gCfc05m5rDynnV"
                + "1ge/ByqrDSDrawZo/gg4AjaB9JtU/lQT0F5irloF",
            key: "MCowBQYDK2VwAyEAqXaW9jnb8ZMMQIFxRJlFXzcjLZI+M7muHViE4qpamX4="),
        One(
            description: "RSA 2048",
            certificate:
                "MIIDPzCCAiegAwIBAgIUZw0ZcGXfN0eMrs16XnYp/zeFcMcwDQYJKoZIhvcNAQELBQAwLjELMAkGA1UEBhMCTk8xDTALBgNV"
                + "BAoMBEZyYW0xEDAOBgNVBAMMB3NhdGNoZWwwIBcNMjYxMTIxMjAwMDUwWhgPMjA1MTA3MTMyMDAwNTBaMC4xCzAJBgNVBAYT"
                + "Ak5PMQ0wCwYDVQQKDARGcmFtMRAwDgYDVQQDDAdzYXRjaGVsMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqm9x"
                + "kNaxRpbnPB8zMEIJt7DMNx9WhEG2UBIIM8WsEtCFxVUAsd5o6RPEiYqOG2Hs0rU6+sRULBksvZX45zdQn42uMkrB+2HLFrVu"
                + "Jk7A8HfVh0P45Ol4IOUFlFzBGD8iJJzCQd+EL2KdGZXWtPRd+2VR4Ci/ErfPdrI92U4yLglfBkF2kV0rtYjz8d8QXaQNV5pq"
                + "rEX2cjkHqcmmQJ21JXiWtjtC+u5oXKRjAZ1HdrFgo5exKhiKuQFRcVef2sO/5pueOPfUWA4HoMuJKhdE4X8XyUD9UV/HhtzA"
                + "Wf95Kp8SW0bbXtS40EWV3HZUYgdileGSuVPw8NgfjKo9KooIIQIDAQABo1MwUTAdBgNVHQ4EFgQUccFULQDh6XtYFkka/TS6"
                + "HUpw/h4wHwYDVR0jBBgwFoAUccFULQDh6XtYFkka/TS6HUpw/h4wDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOC"
                + "AQEASl/8NZBZ/GynQDdzjTzs28dx4DVrxYNSB7lfGZb034vqPhw0fjWvbT6fCaZ4AyAJahIXjnoEIpWaQa5Xf2TK7mXxEPBO"
                + "uswF1CzuiMO12zJX1Jb2bZBTBdl/FYYCC5voNxobm6g9jOhJl0j3ZeIMphBsvX9rofXI/IMvGoJihFDspfzQE91d9urBljcr"
                + "vp3NylbjuV6bJl+yLTE6bL39kSJdznjjEk2Jf678PvwBVQywNpavkwEaRLp1PVE25zI28MrGSk5GUqaE36khhMMBXA2qZ0ko"
                + "ygAZb2gy81rW7QUpW9NvpeRYsN/0VZoLsFEBAhUmd4x5M84ttYkYL8nnxw==",
            key: "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqm9xkNaxRpbnPB8zMEIJt7DMNx9WhEG2UBIIM8WsEtCFxVUAsd5o"
                + "6RPEiYqOG2Hs0rU6+sRULBksvZX45zdQn42uMkrB+2HLFrVuJk7A8HfVh0P45Ol4IOUFlFzBGD8iJJzCQd+EL2KdGZXWtPRd"
                + "+2VR4Ci/ErfPdrI92U4yLglfBkF2kV0rtYjz8d8QXaQNV5pqrEX2cjkHqcmmQJ21JXiWtjtC+u5oXKRjAZ1HdrFgo5exKhiK"
                + "uQFRcVef2sO/5pueOPfUWA4HoMuJKhdE4X8XyUD9UV/HhtzAWf95Kp8SW0bbXtS40EWV3HZUYgdileGSuVPw8NgfjKo9KooI"
                + "IQIDAQAB"),
    ]
}

/// Keys that OpenSSL and others made, as texts.
enum Samples {
    /// An RSA key behind the pass phrase `secret`.
    static let encryptedKey = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIIFNTBfBgkqhkiG9w0BBQ0wUjAxBgkqhkiG9w0BBQwwJAQQSqa0bO6FTXJkQ5BU
        HO8iLQICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEDY+FSnjIhwU9alW
        ETSsSUUEggTQVkixBP7onihxI5QY9BlS2FbIV0y2Wx4NTavV8yTUO3T9Za/6N3c5
        /OFrhNMWJ97f4XiaCGjw1zHdmSxD1Ok8pGETqSizfmKHAxVOc9nEyS9PElLq6d+C
        avU2FpgDIlqtODVDWDda1wxiOW1lvAM2npBkIltyO1sl5YVSWrDrSarBPg/6R/jq
        GPBXH1HU9ntCThQXWiK7CyV4Lh0jly9sEaidhwwewj0IiOypt5mdQo5vBj4fsW5P
        lyX1k+6tPlpAmDSBAQQbAd8k4Ms0iFx2Evmp+OlyxWvP4tJVq1dlG+eyshYJAdfO
        wS1fF8KXbOafny3G9HHCE/0PAD8ylVX6EFVxF0EZOV2vTgQ/2WpRAB/s/+qFaghf
        FBASanD7f4Q3BluuX8uB7o8YLHhlrhFqHVN22x+n5SQjFHt1xGpf1TYmcG8iTD68
        wDHsf+r0LYliM8T7xMBu9ksHwJfVOi7J+9Gxx+X/8fJDW8S/XY5EEp8gD56bT8YC
        nTyO/LiadQORSxnXZEwkEJeHf4e5qlC0Sx1TQ+1fsw2eYyhW2u8aeMpfby1+BXWH
        JZnEWnfg04TK7sqDxbAlov5xiXWvHDi5HUcUgw/55BXtp/z8q7MZUb9iGvLXDgHq
        JUW1FN6lEuW5On4wxpW4dpw9u3U8AkmtTIusabQSgzGOG+5jAm/aVhJatv6s5ldJ
        O4Ni5BbJ7GETfHkJOPlRILlSS+u/IB+yuL4SRLmCSbYAxwA8dwdYnNuNhgs7v7GX
        m41DHNI0CTdbUl1srGsiDTUrUsG9C6f+sllh9RsGA7dWruYc2Pm5myPOPlu8v1+n
        aVUmA76iywYshqAkPR2PQEkzeEBkLA/eqiDMNeHBCqHZznt+fKNCet5xNhr90jtz
        XtToPTEWQZlM9Fi8rtUk2d7MmPJN1ntdeH63KJR+MZ8GymKdHDXhxnryIj81sC2g
        A7GNbHKMbM8aeExr3bGDsjgTtkHt9NJGHOB7vZrQB0us5CeOFglQ7UbceCG0uO8K
        2DKOgy3F07UUFxwHbOngsVT2EnKdj0pEXKaFkqJOYrXlryKq+Uf5R4hxn0W1PQET
        8aZL/Em9G4zFz9YVn5jHid1Gag154Tmen2XNo/WoP6CXpc6mEhEfH7rfWPmqm40+
        fma9SJCOWTlXwHcwFW4xXFI+MLuV+SFw3lFr4C5/TDXqiffNX7Il8+h1yMj5pJzl
        tPs0DJLS6VgBze7/Gxsifib0mfEKxWMeR7A2gKbxDD5erE7C3HFkda1L1nJ5BsEy
        yimaNuoGcz8vxnhV760SK+c0MqOFItzaKSnkzjM9TQOXuDmjUO1kkDizq4FVW9r1
        dYkXNcNJ//Z6wicOGJld/fybKy0OiYPft6uCv3dHzoOgiGchFTPa1rLFu3gGmshy
        EC1VOs1yIlbcv25Spi5yD2zTaX3mqVDQJjrdud+fZDLlG3sPe1sGW87ziq1OWd3P
        4+eNONNMmlMtNImwy9xeRVh5XilApjgqyjUg+pwBzfP/x6uTIHchlpq3duD24sjp
        iUXm6kCobLwIuNDH8/XisHHI6fN7DzpQRDCFtXHNdQvoZ72bJ7kgb3BIAM1ZiOh6
        1pxBSiArImiJtcz40X/hXmqOZBRQF/CBfEyhi07OlTp3jIZonGvXZLw=
        -----END ENCRYPTED PRIVATE KEY-----
        """

    /// An RSA key of 1 024 bits.
    static let smallKey = """
        -----BEGIN PRIVATE KEY-----
        MIICdQIBADANBgkqhkiG9w0BAQEFAASCAl8wggJbAgEAAoGBALK5MPNUZ/zie+h+
        Srb+fZSbZ6TS+t7JUqU+eFAk4pgQL3AcBtd03H96wlVWG+e1TYxHR5TCk8BRdXaY
        NiZNye48EfT4DwOQTOMW79cUcjBypGKp2rFffqEhVZ1fhWkATDP0b8xd+Efu1EMg
        fp8Z5lDqirn34/y2YYR6UFe2BQpVAgMBAAECgYB3QdHjHLiC61IJMnSCpVCA4C4J
        surJzIcEUqoPuH0nQO2Wnm0GSil0OyL/tITMWZOUfl/KaQgUdYavCyRe7NtHqlU8
        SV1vvODgE/jLjyJO3k/6wPmHbFCIxpM43a0SW7m6SBwexDdPbo7IWZBgyoT7Slcv
        7TnRv2RnKMkBFawTBQJBAN1ysID1y8YXzkwLj3l/lDjB8ghFsZI7GH0Zo7UskMxY
        TljfZ1nOyAJHe09RgYQS0qbupc9cAcJOd2KFLrDZ0m8CQQDOm/NR3+4soeakByeR
        ICF29zueLeETQo48v29vqs5IGgGXMdMNJ0J7RLr7sHoCIzy0HsXe6cJioDLokxL4
        XYF7AkAXyNy6TSwgz6fBtTAozZIe8n3Lc6jZ2u0LariRmgLHX+iyVPRlyfbjf8f3
        wfpWNCtZ8KHwfqJVu1XJSCK2rf6TAkAnOWA2WQcEnjAFT/5pBOqVhVZiL1+donMS
        gV2Mm6bR9W374E+rHZr3gBLnmZdwNHRf1b/HFCX9R2Ci2tktIcNlAkAWBqGytQX3
        h061aAx/wgTRW2Rnl24UxW797ny1nGtQjEgRvfsd1Ks/7bRE22OIEI94JvchG2iT
        RABjA2TLPfkD
        -----END PRIVATE KEY-----
        """

    /// A key on secp256k1.
    static let unknownCurve = """
        -----BEGIN PRIVATE KEY-----
        MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgKRoVYfXDl/mMWEJwsKX2
        0ZXRdKIBCW4f6gKCj6X67zmhRANCAAT4FzCLykeHz7DqLd2GKYxqUN/9zaurQQoB
        4t/soblGGMTSzKH6KSXHEHH39EivWRjm+Vw/ToH2b/wiAzRWAJ4A
        -----END PRIVATE KEY-----
        """

    /// A P-256 key in the form of before PKCS #8.
    static let traditionalKey = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIFcrQvzcEKuTVp4bqxFpTip8eldehsWLG7SNQwqDq3HjoAoGCCqGSM49
        AwEHoUQDQgAEBM7EM8ZR8WEBq2KqHyCVBgLDI011VMrVK6c2QAe4xQtcnzephCrP
        B2X2k9ND1oOZoml/CVWcfTHNSWXCvq8imA==
        -----END EC PRIVATE KEY-----
        """

    /// The modulus of Wycheproof's key with the structure of CVE-2017-15361, in hexadecimal.
    static let rocaModulus =
        "01a9c5a687db8fb2a30f82dff8dda154c291ef27b04b25e185b8ab20c4c6a5f604859fe59ede54a0"
        + "af7c0e7288800ad7193bb731a5bf1e1170d7a1c66930d41ea3eb21dedf7b8af5d42a91c34f72045b"
        + "96efd57cb182301ddcc26967e5508e9ab889986d57e837dfe70f99fc37c498f43c17c3b9b064cf70"
        + "4443d7a033e03a821697aabf30fb29ee7d33b3767965a89058e3b39754bd3a1c007d28a23b0cfa79"
        + "f9d711ac6e4c4b4f77b0634b1ecd68591af03c7d53b62a5f2d91163d4ef4f8f26831ae461ed85ec5"
        + "f788c5123ffc12c87420fdcfea1d1b4a52c3521824fb3998348739b62a986d8e76b2289bc2eb8bc0"
        + "6d138147851b83a07183d210559f906321"
}

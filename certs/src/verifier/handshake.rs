//! What every verifier does alike: rustls asks, the verifier judges, the observer is told, and signatures are checked.

macro_rules! client_verifier {
    ($type:ty) => {
        impl ClientCertVerifier for $type {
            fn root_hint_subjects(&self) -> &[DistinguishedName] {
                // A peer has one certificate: hints to choose by would only tell strangers whose gateway this is.
                &[]
            }

            fn verify_client_cert(
                &self,
                end_entity: &CertificateDer<'_>,
                intermediates: &[CertificateDer<'_>],
                now: UnixTime,
            ) -> Result<ClientCertVerified, rustls::Error> {
                self.judge(end_entity, intermediates, now)
                    .map_err(|error| report(self.observer(), error))?;
                Ok(ClientCertVerified::assertion())
            }

            fn verify_tls12_signature(
                &self,
                _: &[u8],
                _: &CertificateDer<'_>,
                _: &DigitallySignedStruct,
            ) -> Result<HandshakeSignatureValid, rustls::Error> {
                Err(only_tls13())
            }

            fn verify_tls13_signature(
                &self,
                message: &[u8],
                cert: &CertificateDer<'_>,
                dss: &DigitallySignedStruct,
            ) -> Result<HandshakeSignatureValid, rustls::Error> {
                verify_tls13_signature(message, cert, dss, self.algorithms())
                    .map_err(|error| report(self.observer(), error))
            }

            fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
                self.algorithms().supported_schemes()
            }
        }
    };
}

macro_rules! server_verifier {
    ($type:ty) => {
        impl ServerCertVerifier for $type {
            fn verify_server_cert(
                &self,
                end_entity: &CertificateDer<'_>,
                intermediates: &[CertificateDer<'_>],
                _server_name: &ServerName<'_>,
                _ocsp_response: &[u8],
                now: UnixTime,
            ) -> Result<ServerCertVerified, rustls::Error> {
                self.judge(end_entity, intermediates, now)
                    .map_err(|error| report(self.observer(), error))?;
                Ok(ServerCertVerified::assertion())
            }

            fn verify_tls12_signature(
                &self,
                _: &[u8],
                _: &CertificateDer<'_>,
                _: &DigitallySignedStruct,
            ) -> Result<HandshakeSignatureValid, rustls::Error> {
                Err(only_tls13())
            }

            fn verify_tls13_signature(
                &self,
                message: &[u8],
                cert: &CertificateDer<'_>,
                dss: &DigitallySignedStruct,
            ) -> Result<HandshakeSignatureValid, rustls::Error> {
                verify_tls13_signature(message, cert, dss, self.algorithms())
                    .map_err(|error| report(self.observer(), error))
            }

            fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
                self.algorithms().supported_schemes()
            }
        }
    };
}

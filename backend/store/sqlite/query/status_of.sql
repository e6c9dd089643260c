SELECT signer, issued, note FROM status WHERE clinic = :clinic
